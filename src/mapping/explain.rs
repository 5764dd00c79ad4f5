//! A mapping in plain words, and one row step by step.

use std::borrow::Cow;

use super::cell;
use super::document::{CountryRule, Target};
use super::mapper::Mapper;
use super::shape::parts;
use super::step::{Extra, Read, Step};
use crate::model::{Channel, ColumnIndex, Header, Row, excerpt};

/// How many characters of a text are shown.
const SHOWN_CHARS: usize = 60;

/// What happens to one column or source, as a sentence without a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The columns it is about, in the order of the source; none for constants.
    pub columns: Vec<ColumnIndex>,
    /// What happens.
    pub text: String,
}

/// The way of one value from its cell to the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Where the value goes: `email`, or a custom label.
    pub target: String,
    /// The cell's column; `None` for constants and defaults.
    pub column: Option<ColumnIndex>,
    /// What it is at each step: the name of the step, and the text after it.
    pub steps: Vec<(String, String)>,
    /// What becomes of it.
    pub end: TraceEnd,
}

/// What becomes of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TraceEnd {
    /// This is sent.
    Sent(String),
    /// It goes into a value that is told later, put together of several.
    Joined,
    /// It is not sent; why, in words.
    Withheld(String),
}

/// Every source of a mapping in words, then every condition, in the order of the file.
pub(super) fn explain(mapper: &Mapper, header: &Header) -> Vec<Explanation> {
    let sources =
        mapper.steps().iter().map(|step| Explanation { columns: step.columns.clone(), text: source(step, header) });
    let gates = mapper.gates().iter().map(|gate| {
        let name = named(header, gate.column);
        let words = gate.test.in_words(gate.skips_when);
        Explanation { columns: vec![gate.column], text: format!("a row is left out when {name} {words}") }
    });
    sources.chain(gates).collect()
}

fn named(header: &Header, column: ColumnIndex) -> String {
    format!("\"{}\"", excerpt(&header.label(column), SHOWN_CHARS))
}

fn source(step: &Step, header: &Header) -> String {
    let mut text = match &step.read {
        Read::Constant(text) => format!("the fixed text \"{}\"", excerpt(text, SHOWN_CHARS)),
        Read::Column(column) => named(header, *column),
        Read::Columns(columns) => {
            let names: Vec<String> = columns.iter().map(|column| named(header, *column)).collect();
            names.join(", ")
        }
        Read::Template(_) => {
            let names: Vec<String> = step.columns.iter().map(|column| named(header, *column)).collect();
            format!("a template of {}", names.join(", "))
        }
    };
    if !step.split.is_empty() {
        let at: Vec<String> = step.split.iter().map(|text| format!("\"{}\"", excerpt(text, SHOWN_CHARS))).collect();
        text.push_str(&format!(", taken apart at {}", at.join(" or ")));
    }
    if let Some(extra) = &step.extra {
        shape(extra, header, &mut text);
    }
    let goal = match &step.target {
        Target::Name => "the person's name".to_owned(),
        Target::Custom { label } => format!("the custom value \"{}\"", excerpt(label, SHOWN_CHARS)),
        Target::Channel(Channel::Email) => "an e-mail address".to_owned(),
        Target::Channel(Channel::Facebook) => "a Facebook account".to_owned(),
        Target::Channel(Channel::Vk) => "a VK account".to_owned(),
        Target::Channel(Channel::Line) => "a LINE account".to_owned(),
        Target::Channel(Channel::Voice) => match &step.country {
            None => "a phone number, which must say its country".to_owned(),
            Some(CountryRule::Always(country)) => format!("a phone number, of {} when national", country.letters()),
            Some(CountryRule::Column { column, .. }) => {
                format!("a phone number, of the country in {} when national", named(header, *column))
            }
        },
    };
    format!("{text} → {goal}")
}

fn shape(extra: &Extra, header: &Header, text: &mut String) {
    for transform in &extra.shape.transforms {
        text.push_str(&format!("; {}", transform.in_words()));
    }
    if let Some(max) = extra.shape.length_max {
        text.push_str(&format!("; is refused beyond {max} characters"));
    }
    if let Some(join) = &extra.join {
        text.push_str(&format!("; all put together with \"{}\"", excerpt(join, SHOWN_CHARS)));
    }
    if let Some(default) = &extra.shape.default {
        text.push_str(&format!("; \"{}\" when there is nothing", excerpt(default, SHOWN_CHARS)));
    }
    if extra.shape.required {
        text.push_str("; required");
    }
    if let Some(label) = extra.label {
        text.push_str(&format!("; labelled by {}", named(header, label)));
    }
}

/// One row: what each cell becomes, step by step. What the row as a whole becomes, [`Mapper::map`] says.
pub(super) fn trace(mapper: &Mapper, row: &Row) -> Vec<Trace> {
    let mut traces = Vec::new();
    for step in mapper.steps() {
        trace_step(step, row, &mut traces);
    }
    traces
}

fn trace_step(step: &Step, row: &Row, traces: &mut Vec<Trace>) {
    let begin = |column, steps| Trace { target: step.target.key().to_owned(), column, steps, end: TraceEnd::Joined };
    let texts: Vec<(Cow<'_, str>, Option<ColumnIndex>, &str)> = match &step.read {
        Read::Constant(text) => {
            traces.push(Trace {
                end: TraceEnd::Sent(text.clone()),
                ..begin(None, vec![("value".to_owned(), text.clone())])
            });
            return;
        }
        Read::Column(column) => vec![(row.cell(*column).into(), Some(*column), "cell")],
        Read::Columns(columns) => {
            columns.iter().map(|column| (row.cell(*column).into(), Some(*column), "cell")).collect()
        }
        Read::Template(template) => {
            let first = step.columns.iter().copied().find(|column| !cell::trim(row.cell(*column)).is_empty());
            let mut filled = String::new();
            template.fill(|column| row.cell(*column), &mut filled);
            vec![(filled.into(), first.or(step.columns.first().copied()), "template")]
        }
    };
    let mut joined: Vec<String> = Vec::new();
    let plain = super::shape::Shape::default();
    let shape = step.extra.as_ref().map_or(&plain, |extra| &extra.shape);
    let join = step.extra.as_ref().and_then(|extra| extra.join.as_ref());
    let mut found = false;
    for (text, column, name) in &texts {
        for part in parts(text, &step.split) {
            if cell::trim(part).is_empty() {
                continue;
            }
            let mut trace = begin(*column, vec![((*name).to_owned(), text.clone().into_owned())]);
            if part.len() != text.len() {
                trace.steps.push(("split".to_owned(), part.to_owned()));
            }
            let mut value = Cow::Borrowed(shape.trimmed(part));
            if value != part {
                trace.steps.push(("trim".to_owned(), value.clone().into_owned()));
            }
            let mut fault = None;
            for transform in &shape.transforms {
                if value.is_empty() {
                    break;
                }
                match shape.step(transform, value.clone()) {
                    Ok(next) => value = next,
                    Err(why) => {
                        fault = Some(why);
                        break;
                    }
                }
                trace.steps.push((transform.key().to_owned(), value.clone().into_owned()));
            }
            let fault =
                fault.or_else(|| shape.length_max.and_then(|max| super::shape::check_length(&value, max).err()));
            found |= fault.is_some() || !value.is_empty();
            trace.end = match fault {
                Some(fault) => TraceEnd::Withheld(format!("{} [{}]", fault.message, fault.code)),
                None if value.is_empty() => TraceEnd::Withheld("left out".to_owned()),
                None if join.is_some() => {
                    joined.push(value.clone().into_owned());
                    TraceEnd::Joined
                }
                None => sent(step, &value, row),
            };
            traces.push(trace);
        }
    }
    if let (Some(join), false) = (join, joined.is_empty()) {
        let text = joined.join(join);
        let end = sent(step, &text, row);
        traces.push(Trace { end, ..begin(None, vec![("join".to_owned(), text)]) });
    }
    match &shape.default {
        Some(default) if !found => {
            traces.push(Trace {
                end: TraceEnd::Sent(default.clone()),
                ..begin(None, vec![("default".to_owned(), default.clone())])
            });
        }
        _ => {}
    }
}

fn sent(step: &Step, value: &str, row: &Row) -> TraceEnd {
    let mut sent = String::new();
    match step.value(value, row, &mut sent) {
        Ok(()) => TraceEnd::Sent(sent),
        Err(fault) => TraceEnd::Withheld(format!("{} [{}]", fault.message, fault.code)),
    }
}

#[cfg(test)]
mod tests {
    use crate::mapping::Mapping;
    use crate::model::{Header, Row, RowNumber};

    const MAPPING: &str = "version = 1\n[rows]\nskip_if = { column = \"S\", equals = \"gone\" }\n[card]\n\
        email = { column = \"E\", split = \";\", case = \"lower\" }\nvoice = { column = \"P\", country = \"SE\" }\n\
        [card.custom]\nA = \"{E} {P}\"\nB = { value = \"x\" }\nC = { column = \"S\", values = { a = \"\" }, default = \"d\" }";

    fn header() -> Header {
        Header { row: RowNumber(1), names: ["E", "P", "S"].map(str::to_owned).to_vec() }
    }

    #[test]
    fn a_mapping_is_told_in_plain_words() {
        let mapper = Mapping::parse(MAPPING).and_then(|mapping| mapping.compile(&header())).expect("it fits");
        let told: Vec<String> = mapper.explain(&header()).into_iter().map(|told| told.text).collect();
        assert_eq!(
            told,
            [
                "\"E\", taken apart at \";\"; is written in small letters → an e-mail address",
                "\"P\" → a phone number, of SE when national",
                "a template of \"E\", \"P\" → the custom value \"A\"",
                "the fixed text \"x\" → the custom value \"B\"",
                "\"S\"; is written differently where it is the one value listed; \"d\" when there is nothing → the custom value \"C\"",
                "a row is left out when \"S\" is \"gone\"",
            ]
        );
    }

    #[test]
    fn a_row_is_followed_step_by_step() {
        let mapper = Mapping::parse(MAPPING).and_then(|mapping| mapping.compile(&header())).expect("it fits");
        let mut row = Row::new(RowNumber(2));
        ["A@b.se; x", "070", "a"].iter().for_each(|cell| row.push(cell));
        let told: Vec<String> = mapper
            .trace(&row)
            .into_iter()
            .map(|trace| {
                let steps: Vec<String> = trace.steps.iter().map(|(name, text)| format!("{name} {text}")).collect();
                let end = match trace.end {
                    super::TraceEnd::Sent(value) => value,
                    super::TraceEnd::Joined => "joined".to_owned(),
                    super::TraceEnd::Withheld(why) => format!("! {why}"),
                };
                format!("{}: {} → {end}", trace.target, steps.join(" | "))
            })
            .collect();
        assert_eq!(
            told,
            [
                "email: cell A@b.se; x | split A@b.se | case a@b.se → a@b.se",
                "email: cell A@b.se; x | split  x | trim x | case x → ! \"x\" is not an e-mail address: it has no @ [email.syntax]",
                "voice: cell 070 → ! \"070\" is too short for a phone number of +46 [phone.length]",
                "A: template A@b.se; x 070 → A@b.se; x 070",
                "B: value x → x",
                "C: cell a | values  → ! left out",
                "C: default d → d",
            ]
        );
    }
}
