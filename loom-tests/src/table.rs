//! The orderings of the library and the ways to weaken each, and the faults that can be planted in
//! it, read from its source.

use std::fs;
use std::path::{Path, PathBuf};

/// One `ord!(LABEL, kind, Ordering)`, or one `planted!(LABEL)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// File, below `src`, and line.
    pub place: String,
    /// The name; unique in the library, but for a fault that has several places.
    pub label: String,
    /// `load`, `store`, `rmw`, `cas_ok`, `cas_fail` or `fence`; or `fault`.
    pub kind: String,
    /// What is written there.
    pub ordering: String,
}

impl Site {
    /// The orderings one step weaker than the one written, for this kind of access; or the fault.
    pub fn weakenings(&self) -> &'static [&'static str] {
        match (self.kind.as_str(), self.ordering.as_str()) {
            ("fence", "SeqCst") => &["AcqRel"],
            ("load" | "cas_fail", "SeqCst") => &["Acquire"],
            ("store", "SeqCst") => &["Release"],
            (_, "SeqCst") => &["AcqRel"],
            (_, "AcqRel") => &["Acquire", "Release"],
            (_, "Acquire" | "Release") => &["Relaxed"],
            ("fault", _) => &["planted"],
            _ => &[],
        }
    }
}

/// Every site below a folder, in the order of files and lines.
///
/// # Panics
///
/// If a file cannot be read, a site is not of the form `ord!(LABEL, kind, Ordering)` on one line,
/// or a label is used twice.
pub fn sites(src: &Path) -> Vec<Site> {
    let mut sites: Vec<Site> = Vec::new();
    for file in rust_files(src) {
        let text = fs::read_to_string(&file).expect("a source file can be read");
        let name = file.strip_prefix(src).expect("below src").display().to_string();
        for site in sites_of(&name, &text) {
            if let Some(twin) = sites.iter().find(|twin| twin.label == site.label) {
                let faults = [&twin.kind, &site.kind].iter().all(|kind| *kind == "fault");
                assert!(faults, "{} stands at {} and at {}", site.label, twin.place, site.place);
                continue;
            }
            sites.push(site);
        }
    }
    sites
}

fn sites_of(name: &str, text: &str) -> Vec<Site> {
    let mut sites = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let code = line.split("//").next().unwrap_or_default();
        for call in code.split("planted!(").skip(1) {
            sites.push(Site {
                place: format!("{name}:{number}"),
                label: call.split(')').next().unwrap_or_default().into(),
                kind: "fault".into(),
                ordering: "sound".into(),
            });
        }
        for call in code.split("ord!(").skip(1) {
            let place = format!("{name}:{number}");
            let words: Vec<&str> = call.split([',', ')']).map(str::trim).take(3).collect();
            let [label, kind, ordering] = words[..] else {
                panic!("{place}: not ord!(LABEL, kind, Ordering) on one line");
            };
            sites.push(Site {
                place,
                label: label.into(),
                kind: kind.into(),
                ordering: ordering.into(),
            });
        }
    }
    sites
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a source folder can be read") {
        let path = entry.expect("a folder entry can be read").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// A mutant that is allowed to survive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// The site.
    pub label: String,
    /// What it may be weakened to without a model noticing.
    pub weakened: String,
    /// Why no tool can show that it is needed; one of [`CLASSES`].
    pub class: String,
    /// The argument on paper.
    pub argument: String,
}

/// What neither loom nor Miri can show.
pub const CLASSES: &[&str] = &[
    "seqcst-access",
    "load-buffering",
    "spurious-failure",
    "stale-beyond-history",
    "stale-failed-swap",
];

/// The waivers of a file: one a line, `LABEL Ordering class argument…`; `#` begins a comment.
///
/// # Errors
///
/// The first line that is not of that form, has an unknown class or no argument.
pub fn waivers(text: &str) -> Result<Vec<Waiver>, String> {
    let lines =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let mut words = line.splitn(4, char::is_whitespace).map(str::trim);
            let mut word = || words.next().filter(|word| !word.is_empty()).map(String::from);
            let (Some(label), Some(weakened), Some(class), Some(argument)) =
                (word(), word(), word(), word())
            else {
                return Err(format!("not `LABEL Ordering class argument`: {line}"));
            };
            if !CLASSES.contains(&class.as_str()) {
                return Err(format!("{label}: {class} is none of {CLASSES:?}"));
            }
            Ok(Waiver { label, weakened, class, argument })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_read_with_its_place() {
        let text = "// ord!(NOT, a, Site)\nx.load(ord!(A1, load, Acquire)) // Acquire A1\n";
        let sites = sites_of("ring.rs", text);
        assert_eq!(sites.len(), 1);
        assert_eq!(sites[0].place, "ring.rs:2");
        assert_eq!(
            [&sites[0].label, &sites[0].kind, &sites[0].ordering],
            ["A1", "load", "Acquire"]
        );
    }

    #[test]
    fn a_fault_is_planted_by_its_name() {
        let sites = sites_of("ring.rs", "if alone && !planted!(A_FAULT) {\n");
        assert_eq!((sites.len(), &*sites[0].label), (1, "A_FAULT"));
        assert_eq!(sites[0].weakenings(), ["planted"]);
    }

    #[test]
    fn every_ordering_is_weakened_one_step() {
        let site = |kind: &str, ordering: &str| Site {
            place: String::new(),
            label: String::new(),
            kind: kind.into(),
            ordering: ordering.into(),
        };
        assert_eq!(site("rmw", "AcqRel").weakenings(), ["Acquire", "Release"]);
        assert_eq!(site("fence", "SeqCst").weakenings(), ["AcqRel"]);
        assert_eq!(site("cas_fail", "Acquire").weakenings(), ["Relaxed"]);
        assert!(site("load", "Relaxed").weakenings().is_empty());
    }

    #[test]
    fn a_waiver_needs_a_known_class_and_an_argument() {
        let waived = waivers("# none\n\nA1 Relaxed load-buffering because of this\n").unwrap();
        assert_eq!(waived[0].argument, "because of this");
        assert!(waivers("A1 Relaxed load-buffering").is_err());
        assert!(waivers("A1 Relaxed because I say so").is_err());
    }

    #[test]
    fn the_library_names_every_ordering_once() {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src");
        assert!(sites(&src).iter().any(|site| site.label == "MPMC_R1"));
    }
}
