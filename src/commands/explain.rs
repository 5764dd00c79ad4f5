//! `c3import explain`: what a code means, why it is told, and what to do.

use super::{Exit, Failure, Failures};
use crate::cli::ExplainArgs;
use crate::results::{Page, pages};
use crate::ui::{Terminal, code_list, code_page};

/// How like a known code a mistyped one must be for it to be meant.
const LIKENESS_MIN: f64 = 0.7;

/// Prints one page, or the list of all.
pub fn explain(terminal: &Terminal, args: &ExplainArgs) -> Result<Exit, Failures> {
    let width = terminal.width();
    let text = match &args.code {
        None => code_list(pages(), width),
        Some(code) => code_page(&find(code)?, width),
    };
    let said = terminal.data(text.as_bytes());
    said.map_err(|error| Failure::machine(format!("standard output cannot be written: {error}")))?;
    Ok(Exit::Landed)
}

fn find(typed: &str) -> Result<Page, Failure> {
    let wanted = typed.trim().trim_matches(['[', ']']).to_ascii_lowercase();
    if let Some(page) = pages().find(|page| page.code == wanted) {
        return Ok(page);
    }
    let like = |page: &Page| {
        let whole = strsim::jaro_winkler(page.code, &wanted);
        // People remember one half of a code.
        let halves = page.code.split('.').map(|half| strsim::jaro_winkler(half, &wanted));
        halves.fold(whole, f64::max)
    };
    let best = pages().map(|page| (like(&page), page.code)).max_by(|one, other| one.0.total_cmp(&other.0));
    let hint = match best.filter(|(likeness, _)| *likeness >= LIKENESS_MIN) {
        Some((_, code)) => format!("did you mean {code}? c3import explain lists all codes"),
        None => "c3import explain lists all codes".to_owned(),
    };
    Err(Failure::unusable(format!("there is no code {}", crate::model::excerpt(typed, 40))).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_and_a_mistyped_one_is_recognised() {
        assert_eq!(find("[Phone.length]").map(|page| page.code), Ok("phone.length"));
        let hint = |typed| find(typed).err().and_then(|failure| failure.hint).unwrap_or_default();
        assert!(hint("phone.lenght").starts_with("did you mean phone.length?"));
        assert!(hint("mojibake").starts_with("did you mean cell.mojibake?"));
        assert_eq!(hint("12345"), "c3import explain lists all codes");
    }
}
