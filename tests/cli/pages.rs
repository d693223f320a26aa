//! Help, completions, the manual: from one source.

use crate::support::Place;

#[test]
fn help_tells_a_newcomer_what_to_type() {
    let place = Place::new();
    let help = place.command(&["--help"], "");
    assert!(help.code == 0 && help.out.contains("ringmill run --exec"), "{}", help.out);
    let help = place.command(&["run", "--help"], "");
    for text in ["Examples:", "Exit status:", "--keep-order", "RINGMILL_KEY"] {
        assert!(help.out.contains(text), "{text}");
    }
}

#[test]
fn completions_are_there_for_each_shell() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = place.command(&["completions", shell], "");
        assert!(ran.code == 0 && ran.out.contains("keep-order"), "{shell}");
    }
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let place = Place::new();
    let page = place.command(&["man"], "");
    assert!(page.out.starts_with(".ie") && page.out.contains(".TH ringmill"), "{}", page.out);
    assert_eq!(place.command(&["man", "."], "").code, 0);
    assert!(place.read("ringmill-run.1").contains("keep\\-order"));
}
