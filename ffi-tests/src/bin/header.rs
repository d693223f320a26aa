//! Writes `include/ringmill.h` from the signatures in `src/ffi`, or says where the two differ.
//!
//! ```text
//! cargo run -p ffi-tests --bin header             writes
//! cargo run -p ffi-tests --bin header -- --check  compares
//! ```

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

/// The files of the interface in the order in which the header teaches it.
const SOURCES: &[&str] = &[
    "status",
    "ring",
    "lend",
    "channel",
    "pollable",
    "partitions",
    "producer",
    "consumer",
    "queue/engine",
    "queue/options",
    "queue/named",
    "queue/message",
    "queue/producer",
    "queue/reserve",
    "queue/consumer",
    "queue/delivery",
    "queue/settle",
    "queue/defer",
    "queue/consume",
    "queue/letters",
    "queue/look",
    "queue/groups",
    "queue/keys",
    "queue/stats",
    "queue/ending",
];

/// What C needs and Rust has no word for.
const MACROS: &str = r#"
/** On functions whose status must not be dropped unseen. */
#if defined(__cplusplus) && __cplusplus >= 201703L
#define RINGMILL_MUST_USE [[nodiscard]]
#elif defined(__GNUC__) || defined(__clang__)
#define RINGMILL_MUST_USE __attribute__((warn_unused_result))
#else
#define RINGMILL_MUST_USE
#endif

/** On functions that are defined here. */
#if defined(__GNUC__) || defined(__clang__)
#define RINGMILL_INLINE static inline __attribute__((unused))
#else
#define RINGMILL_INLINE static inline
#endif"#;

const INLINES: &str = r#"#ifdef __cplusplus
extern "C" {
#endif

/** Where element i of a reservation is.
 *
 *  @param[in] room  from ringmill_ring_reserve(), still open
 *  @param[in] i     below first_count + second_count
 *  @return a pointer to elem_size bytes
 */
RINGMILL_INLINE void *ringmill_room_at(const ringmill_room *room, size_t i) {
  return i < room->first_count
    ? (void *)((char *)room->first + i * room->stride)
    : (void *)((char *)room->second + (i - room->first_count) * room->stride);
}

/** Where element i of a view is.
 *
 *  @param[in] view  from ringmill_ring_peek(), still open
 *  @param[in] i     below first_count + second_count
 *  @return a pointer to elem_size bytes
 */
RINGMILL_INLINE const void *ringmill_view_at(const ringmill_view *view, size_t i) {
  return i < view->first_count
    ? (const void *)((const char *)view->first + i * view->stride)
    : (const void *)((const char *)view->second + (i - view->first_count) * view->stride);
}

#ifdef __cplusplus
}
#endif"#;

fn main() -> ExitCode {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = home.join("../include/ringmill.h");
    let wanted = match header(home) {
        Ok(header) => header,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    if env::args().nth(1).as_deref() == Some("--check") {
        let there = fs::read_to_string(&path).unwrap_or_default();
        if there == wanted {
            return ExitCode::SUCCESS;
        }
        let line = there.lines().zip(wanted.lines()).take_while(|(a, b)| a == b).count();
        eprintln!(
            "include/ringmill.h differs from src/ffi from line {} on:\n- {}\n+ {}\n\
             run cargo run -p ffi-tests --bin header",
            line + 1,
            there.lines().nth(line).unwrap_or("(its end)"),
            wanted.lines().nth(line).unwrap_or("(its end)"),
        );
        return ExitCode::FAILURE;
    }
    match fs::write(&path, wanted) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            ExitCode::FAILURE
        }
    }
}

fn header(home: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let mut config = cbindgen::Config::from_file(home.join("cbindgen.toml"))?;
    config.header = Some(fs::read_to_string(home.join("first_page.h"))?.trim_end().to_owned());
    config.after_includes = Some(format!("{MACROS}\n{}", version()));
    config.trailer = Some(INLINES.to_owned());
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in SOURCES {
        builder = builder.with_src(home.join(format!("../src/ffi/{source}.rs")));
    }
    let mut header = Vec::new();
    builder.generate()?.write(&mut header);
    // The trailer comes after the include guard's end, which has to be the last line.
    let guard = "#endif  /* RINGMILL_H */\n";
    Ok(String::from_utf8(header)?.replacen(guard, "", 1) + "\n" + guard)
}

/// The version that this header is of: that of the workspace, which this crate has too.
fn version() -> String {
    let [major, minor, patch] = [
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
        env!("CARGO_PKG_VERSION_PATCH"),
    ];
    let text = env!("CARGO_PKG_VERSION");
    format!(
        r#"
/** The version of this header; ringmill_version() is that of the library. */
#define RINGMILL_VERSION "{text}"
#define RINGMILL_VERSION_MAJOR {major}
#define RINGMILL_VERSION_MINOR {minor}
#define RINGMILL_VERSION_PATCH {patch}
#define RINGMILL_VERSION_NUMBER \
  (1000000 * RINGMILL_VERSION_MAJOR + 1000 * RINGMILL_VERSION_MINOR + RINGMILL_VERSION_PATCH)"#
    )
}
