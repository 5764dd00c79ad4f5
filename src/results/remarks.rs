//! Everything worth saying about a run, in one list: what was wrong with rows, and what rows do to each other.

use super::catalogue::{Page, merge_page};
use super::findings::{Example, Finding};
use crate::model::figures::{count, rows};
use crate::model::{Bridge, Group, Hub, MergeCode, MergeOutlook, OutcomeCode, RowNumber, Severity};

/// How many examples are told of each kind.
const EXAMPLES_MAX: usize = 5;

/// How many rows of a group are named.
const ROWS_NAMED_MAX: usize = 6;

/// One thing worth saying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// How much it matters.
    pub severity: Severity,
    /// Its stable name.
    pub code: &'static str,
    /// The column or columns by name; empty when it is rows as such.
    pub column: String,
    /// How often: rows, or groups of them.
    pub count: u64,
    /// The first, or the largest, of them.
    pub examples: Vec<Example>,
    /// What the code means.
    pub means: &'static str,
    /// What to do.
    pub hint: &'static str,
}

/// All remarks, the worst first; without `merges`, nothing of what rows do to each other. With `max_group`, groups larger
/// than that are errors.
pub fn remarks(findings: &[Finding], merges: Option<&MergeOutlook>, max_group: Option<u64>) -> Vec<Remark> {
    let mut list: Vec<Remark> = findings
        .iter()
        .map(|finding| Remark {
            severity: finding.severity,
            code: finding.page.code,
            column: finding.column.clone(),
            count: finding.count,
            examples: finding.examples.clone(),
            means: finding.page.means,
            hint: finding.page.todo,
        })
        .collect();
    if let Some(merges) = merges {
        add_merges(&mut list, merges, max_group);
    }
    list.sort_by_key(|remark| remark.severity);
    list
}

fn add_merges(list: &mut Vec<Remark>, merges: &MergeOutlook, max_group: Option<u64>) {
    // An import says of each row that it repeats another.
    let repeats_told = list.iter().any(|remark| remark.code == OutcomeCode::RowRepeats.as_str());
    // So is said of each row whose name is not the one that goes with its card.
    let names_told = merges.merged_rows > 0;
    let mut add = |severity, code: MergeCode, count: u64, examples: Vec<Example>| {
        if count > 0 {
            let Page { means, todo: hint, .. } = merge_page(code);
            list.push(Remark { severity, code: code.as_str(), column: String::new(), count, examples, means, hint });
        }
    };
    if let Some(max) = max_group {
        // Only the largest are listed; of those that are not, none may be too large.
        let large: Vec<&Group> = merges.largest.iter().filter(|group| group.rows > max).collect();
        let examples = large.iter().take(EXAMPLES_MAX).map(|group| told_group(group)).collect();
        add(Severity::Error, MergeCode::GroupTooLarge, large.len() as u64, examples);
    }
    let bridges = merges.first_bridges.iter().take(EXAMPLES_MAX).map(told_bridge).collect();
    add(Severity::Warning, MergeCode::Bridge, merges.bridges, bridges);
    let hubs = merges.hubs.iter().take(EXAMPLES_MAX).map(told_hub).collect();
    add(Severity::Warning, MergeCode::Hub, merges.hub_count, hubs);
    let named = merges.largest.iter().filter(|group| group.names_differ);
    let named = named.take(EXAMPLES_MAX).map(told_group).collect();
    if !names_told {
        add(Severity::Warning, MergeCode::NamesDiffer, merges.groups_with_names, named);
    }
    if !repeats_told {
        add(Severity::Note, MergeCode::Identical, merges.identical_rows, Vec::new());
    }
}

/// `rows 4, 17 and 30 more belong together by a@x.se`: of several contacts, none need stand on all of them.
pub fn told_rows(group: &Group) -> String {
    let rows = group.first_rows.iter().take(ROWS_NAMED_MAX);
    let named: Vec<String> = rows.map(ToString::to_string).collect();
    let more = group.rows - named.len() as u64;
    let mut message = match more {
        0 => format!("rows {}", named.join(", ")),
        more => format!("rows {} and {} more", named.join(", "), count(more)),
    };
    if named.len() == 1 {
        message = message.replacen("rows", "row", 1);
    }
    match group.shared.as_slice() {
        [] => message.push_str(" belong together"),
        shared => message.push_str(&format!(" belong together by {}", shared.join(", "))),
    }
    message
}

/// The same, with some of the names: `…; names differ, as in "Bo"`.
fn told_group(group: &Group) -> Example {
    let mut message = told_rows(group);
    if group.names_differ && !group.names.is_empty() {
        let names: Vec<String> = group.names.iter().map(|name| format!("\"{name}\"")).collect();
        message.push_str(&format!("; names differ, as in {}", names.join(", ")));
    }
    let first = group.first_rows.first().copied().unwrap_or_default();
    example(first, group.shared.first().cloned().unwrap_or_default(), message)
}

/// `belongs to the cards of row 4 (a@x.se) and row 9 (b@x.se), which will stay apart`.
fn told_bridge(bridge: &Bridge) -> Example {
    let cards: Vec<String> = bridge
        .cards
        .iter()
        .map(|(value, row)| if value.is_empty() { format!("row {row}") } else { format!("row {row} ({value})") })
        .collect();
    let message = format!("belongs to the cards of {}, which will stay apart", cards.join(" and "));
    example(bridge.row, bridge.name.clone(), message)
}

fn told_hub(hub: &Hub) -> Example {
    let what = if hub.value.is_empty() { "a contact" } else { &hub.value };
    example(hub.card_row, hub.value.clone(), format!("{what} stands on {}", rows(hub.rows)))
}

fn example(row: u64, value: String, message: String) -> Example {
    Example { row: RowNumber(row), place: format!("row {row}"), value, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outlook() -> MergeOutlook {
        let group = |rows, names_differ| Group {
            rows,
            first_rows: vec![4, 17, 31],
            names_differ,
            shared: vec!["a@x.se".into()],
            names: vec!["Bo".into()],
        };
        MergeOutlook {
            bridges: 1,
            first_bridges: vec![Bridge {
                row: 31,
                name: "Åsa".into(),
                cards: vec![("a@x.se".into(), 4), (String::new(), 9)],
            }],
            groups_with_names: 1,
            hub_count: 1,
            hubs: vec![Hub { value: "info@x.se".into(), rows: 300, card_row: 7 }],
            largest: vec![group(300, true), group(3, false)],
            ..MergeOutlook::default()
        }
    }

    fn told(max_group: Option<u64>) -> Vec<String> {
        let remarks = remarks(&[], Some(&outlook()), max_group);
        let line = |remark: &Remark| {
            let said: Vec<&str> = remark.examples.iter().map(|example| &*example.message).collect();
            format!("{} {} {}: {}", remark.severity.as_str(), remark.code, remark.count, said.join(" | "))
        };
        remarks.iter().map(line).collect()
    }

    #[test]
    fn a_merge_plan_is_told_as_findings_are() {
        assert_eq!(
            told(None),
            [
                "warning merge.bridge 1: belongs to the cards of row 4 (a@x.se) and row 9, which will stay apart",
                "warning merge.hub 1: info@x.se stands on 300 rows",
                "warning merge.names_differ 1: rows 4, 17, 31 and 297 more belong together by a@x.se; names differ, as in \"Bo\"",
            ]
        );
    }

    #[test]
    fn a_group_that_is_too_large_is_an_error() {
        assert_eq!(
            told(Some(3))[0],
            "error merge.group_too_large 1: rows 4, 17, 31 and 297 more belong together by a@x.se; names differ, as in \"Bo\""
        );
        assert_eq!(told(Some(300)).len(), 3);
    }
}
