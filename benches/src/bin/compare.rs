//! `compare`: Ringmill beside its peers, as table, JSON and picture.

use std::{fs, path::PathBuf, process::ExitCode, time::Duration};

use ringmill_benches::{
    compare::{
        markdown,
        results::Results,
        rings,
        rows::{Entry, Row, Suite},
        sets::{Plan, read_gauge, run_all},
        svg,
    },
    machine::Machine,
    place::Powers,
    statistics::median,
};

const HELP: &str = "\
compare: Ringmill beside its peers

  --suite NAME         rings (the default), channels or delivery
  --quick              one short set of each row, for a first look
  --row NAME           only rows whose name contains NAME (may be repeated; sees --further rows too)
  --further            also the rows without a bar
  --only A,B           only competitors whose name contains A or B
  --skip A,B           not those whose name contains A or B
  --sets N             sets to keep (3)
  --rounds N           rounds in a set (12)
  --run-ms N           length of one run (8)
  --gauge-limit NS     drop sets where the gauge reads more (5; `inf` keeps all)
  --patience S         wait this long, in all, for a slow machine to recover (120)
  --cores A,B          pin to these cores, in this order (all the process has)
  --out DIR            write SUITE.json, SUITE.md and SUITE.svg there
                       (default: benches/results, if all judged rows and peers took part)
  --readme FILE        put the table between the suite's markers in FILE
  --from FILE          measure nothing: make table and picture from a SUITE.json
  --list               name the rows and their competitors
";

struct Arguments {
    suite: &'static Suite,
    plan: Plan,
    quick: bool,
    rows: Vec<String>,
    further: bool,
    only: Vec<String>,
    skip: Vec<String>,
    out: Option<PathBuf>,
    readme: Option<PathBuf>,
    from: Option<PathBuf>,
    list: bool,
}

fn arguments() -> Result<Option<Arguments>, lexopt::Error> {
    use lexopt::prelude::*;
    let mut args = Arguments {
        suite: &rings::SUITE,
        plan: Plan {
            sets: 3,
            rounds: 12,
            run: Duration::from_millis(8),
            crowded: 1.0,
            gauge_limit: 5.0,
            tries: 0,
            patience: Duration::from_secs(120),
        },
        quick: false,
        rows: Vec::new(),
        further: false,
        only: Vec::new(),
        skip: Vec::new(),
        out: None,
        readme: None,
        from: None,
        list: false,
    };
    let names = |list: String| list.split(',').map(str::to_owned).collect::<Vec<_>>();
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("suite") => {
                let name = parser.value()?.string()?;
                args.suite = Suite::named(&name).ok_or_else(|| format!("no suite {name}"))?;
            }
            Long("quick") => {
                args.quick = true;
                args.plan.sets = 1;
                args.plan.rounds = 7;
                args.plan.run = Duration::from_millis(4);
                args.plan.patience = Duration::ZERO;
            }
            Long("row") => args.rows.push(parser.value()?.string()?),
            Long("further") => args.further = true,
            Long("only") => args.only = names(parser.value()?.string()?),
            Long("skip") => args.skip = names(parser.value()?.string()?),
            Long("sets") => args.plan.sets = parser.value()?.parse()?,
            Long("rounds") => args.plan.rounds = parser.value()?.parse()?,
            Long("run-ms") => args.plan.run = Duration::from_millis(parser.value()?.parse()?),
            Long("gauge-limit") => args.plan.gauge_limit = parser.value()?.parse()?,
            Long("patience") => {
                args.plan.patience = Duration::from_secs(parser.value()?.parse()?);
            }
            Long("cores") => {
                let ids: Result<Vec<usize>, _> =
                    parser.value()?.string()?.split(',').map(str::parse).collect();
                Powers::choose_cores(&ids.map_err(|error| error.to_string())?);
            }
            Long("out") => args.out = Some(parser.value()?.into()),
            Long("readme") => args.readme = Some(parser.value()?.into()),
            Long("from") => args.from = Some(parser.value()?.into()),
            Long("list") => args.list = true,
            Long("help") | Short('h') => return Ok(None),
            _ => return Err(arg.unexpected()),
        }
    }
    args.plan.crowded = args.suite.crowded;
    args.plan.tries = if args.quick { args.plan.sets } else { args.plan.sets * 4 };
    Ok(Some(args))
}

fn main() -> ExitCode {
    let args = match arguments() {
        Ok(Some(args)) => args,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{error}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match work(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn work(args: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    if args.list {
        list(args.suite);
        return Ok(());
    }
    let results: Results = match &args.from {
        Some(file) => serde_json::from_str(&fs::read_to_string(file)?)?,
        None => measure(args)?,
    };
    let table = markdown::report(&results);
    println!("{table}");

    let whole = args.rows.is_empty() && args.only.is_empty() && args.skip.is_empty() && !args.quick;
    let home = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/results"));
    if let Some(dir) = args.out.clone().or_else(|| whole.then_some(home)) {
        fs::create_dir_all(&dir)?;
        let file = |kind: &str| dir.join(format!("{}.{kind}", results.suite));
        if args.from.is_none() {
            fs::write(file("json"), serde_json::to_string(&results)? + "\n")?;
        }
        fs::write(file("md"), &table)?;
        fs::write(file("svg"), svg::draw(&results))?;
        eprintln!("written: {0}.json, {0}.md, {0}.svg in {1}", results.suite, dir.display());
    }
    if let Some(file) = &args.readme {
        let old = fs::read_to_string(file)?;
        let digest = markdown::digest(&results);
        let new = markdown::replace_between_markers(&old, &results.suite, &digest)
            .map_err(|error| format!("{}: {error}", file.display()))?;
        fs::write(file, new)?;
    }
    Ok(())
}

fn measure(args: &Arguments) -> Result<Results, String> {
    let rows = chosen_rows(args);
    if rows.is_empty() {
        return Err("no such row, or no competitor left; see --list".into());
    }
    let machine = Machine::this(args.suite.crates);
    eprintln!("{}\npeers: {}\ngauge: {:.2} ns", machine.line(), machine.peers_line(), read_gauge());
    let contests = run_all(rows, &args.plan, |contest, set, took| {
        let ours = |round: &Vec<f64>| round[0];
        let best = |round: &Vec<f64>| {
            round[contest.row.ours.len()..].iter().copied().fold(f64::NAN, f64::min)
        };
        let ours: Vec<f64> = set.rounds.iter().map(ours).collect();
        let best: Vec<f64> = set.rounds.iter().map(best).collect();
        eprintln!(
            "{:24} gauge {:5.2} {:5.2} {}  ours {:7.2}  fastest peer of each round {:7.2}  ({:.1} s)",
            contest.row.name,
            set.gauge.0,
            set.gauge.1,
            if set.kept { "kept   " } else { "DROPPED" },
            median(&ours),
            median(&best),
            took.as_secs_f64(),
        );
    });
    Ok(Results::of(args.suite, &contests, &args.plan, command()))
}

/// The command that measures the same; where the results went does not matter.
fn command() -> String {
    let mut command = String::from("cargo run --release -p ringmill-benches --bin compare");
    let mut separator = " -- ";
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        if arg == "--out" || arg == "--readme" {
            args.next();
        } else {
            command.push_str(separator);
            command.push_str(&arg);
            separator = " ";
        }
    }
    command
}

fn chosen_rows(args: &Arguments) -> Vec<Row> {
    let mut chosen = (args.suite.judged)();
    if args.further || !args.rows.is_empty() {
        chosen.append(&mut (args.suite.further)());
    }
    chosen.retain(|row| args.rows.is_empty() || args.rows.iter().any(|n| row.name.contains(n)));
    for row in &mut chosen {
        let wanted = |entry: &Entry| {
            let named = |list: &[String]| list.iter().any(|n| entry.name.contains(n.as_str()));
            (args.only.is_empty() || named(&args.only)) && !named(&args.skip)
        };
        row.ours.retain(wanted);
        row.peers.retain(wanted);
    }
    chosen.retain(|row| !row.ours.is_empty() && !row.peers.is_empty());
    chosen
}

fn list(suite: &Suite) {
    for row in (suite.judged)().into_iter().chain((suite.further)()) {
        let names = |entries: &[Entry]| {
            entries.iter().map(|entry| entry.name).collect::<Vec<_>>().join(", ")
        };
        println!("{}: {}", row.name, row.title);
        println!("    ours:  {}", names(&row.ours));
        println!("    peers: {}", names(&row.peers));
    }
}
