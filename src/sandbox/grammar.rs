//! Faults as people write them, text → [`FaultPlan`]. The grammar stands at [`FaultPlan`].

use std::num::NonZeroU64;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use super::draft::Draft;
use super::fault::{Fault, FaultPlan, Numbers, When};
use crate::model::excerpt;

const LATENCY_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Why a fault cannot be understood: names the fault and the part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the fault \"{shown}\" cannot be understood: {reason}", shown = excerpt(.fault, 80))]
pub struct FaultError {
    /// The fault, as it was written.
    pub fault: String,
    /// What is wrong with it.
    pub reason: String,
}

impl FromStr for FaultPlan {
    type Err = FaultError;

    /// Reads a whole plan; blank text is a plan without faults.
    fn from_str(text: &str) -> Result<FaultPlan, FaultError> {
        let mut faults = Vec::new();
        let mut rest = text;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
            if rest.is_empty() {
                return Ok(FaultPlan { faults });
            }
            let (fault, after) = one(rest).map_err(|reason| FaultError { fault: first_of(rest).to_owned(), reason })?;
            faults.push(fault);
            rest = after;
        }
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    /// Reads exactly one fault.
    fn from_str(text: &str) -> Result<Fault, FaultError> {
        let fault_error = |reason: String| FaultError { fault: text.trim().to_owned(), reason };
        let mut faults = text.parse::<FaultPlan>()?.faults;
        match (faults.pop(), faults.is_empty()) {
            (Some(fault), true) => Ok(fault),
            (Some(_), false) => Err(fault_error("only one fault is expected here".into())),
            (None, _) => Err(fault_error("there is nothing in it".into())),
        }
    }
}

/// The first fault of a text, for messages: as far as the next `;` or line end.
fn first_of(text: &str) -> &str {
    text.split([';', '\n']).next().unwrap_or(text).trim()
}

/// Reads the first fault of a text and returns what stands behind it.
fn one(text: &str) -> Result<(Fault, &str), String> {
    let (mut when, mut what) = (When::default(), Draft::default());
    let mut rest = text;
    loop {
        let (item, end, after) = item(rest, &[',', ':'])?;
        rest = after;
        selector(&mut when, &item)?;
        match end {
            Some(',') => {}
            Some(_) => break,
            None => return Err("between which requests and what happens belongs a colon, as in 3:status=503".into()),
        }
    }
    loop {
        let (item, end, after) = item(rest, &[',', ';', '\n'])?;
        rest = after;
        what.add(&item)?;
        if end != Some(',') {
            break;
        }
    }
    let written = text[..text.len() - rest.len()].trim().trim_end_matches(';').trim().to_owned();
    Ok((Fault { when, what: what.finish()?, written }, rest))
}

/// A `key`, or a `key=value`.
pub(super) struct Item {
    pub key: String,
    pub value: Option<String>,
}

impl Item {
    pub fn text(&self) -> Result<&str, String> {
        self.value.as_deref().ok_or_else(|| format!("{} needs a value, as in {0}=…", self.key))
    }

    pub fn bare(&self) -> Result<(), String> {
        match self.value {
            None => Ok(()),
            Some(_) => Err(format!("{} takes no value", self.key)),
        }
    }

    pub fn number(&self) -> Result<u64, String> {
        let text = self.text()?;
        text.parse().map_err(|_| format!("{}={} is not a whole number", self.key, excerpt(text, 40)))
    }

    fn counting(&self) -> Result<NonZeroU64, String> {
        NonZeroU64::new(self.number()?).ok_or_else(|| format!("{} counts from 1", self.key))
    }

    pub fn duration(&self) -> Result<Duration, String> {
        let text = self.text()?;
        duration(text).ok_or_else(|| {
            format!("{}={} is not a time such as 500ms, 5s or 2m, up to a day", self.key, excerpt(text, 40))
        })
    }
}

/// One `key` or `key=value`, the character that ended it, and what stands behind that.
fn item<'t>(text: &'t str, ends: &[char]) -> Result<(Item, Option<char>, &'t str), String> {
    let text = text.trim_start();
    let at = text.find(|c| c == '=' || ends.contains(&c)).unwrap_or(text.len());
    let key = text[..at].trim().to_owned();
    let mut rest = &text[at..];
    let mut value = None;
    if let Some(after) = rest.strip_prefix('=') {
        let (text, after) = match after.strip_prefix('"') {
            Some(quoted) => unquoted(quoted)?,
            None => {
                let end = after.find(|c| ends.contains(&c)).unwrap_or(after.len());
                (after[..end].trim().to_owned(), &after[end..])
            }
        };
        value = Some(text);
        rest = after.trim_start_matches([' ', '\t', '\r']);
    }
    if key.is_empty() {
        return Err(match value {
            Some(_) => "there is nothing before an equals sign".into(),
            None => "a part of it is empty".into(),
        });
    }
    let mut chars = rest.chars();
    match chars.next() {
        Some(c) if !ends.contains(&c) => Err(format!("{key}: after the closing quote a comma is expected")),
        end => Ok((Item { key, value }, end, chars.as_str())),
    }
}

/// The text up to the closing quote, and what stands behind it.
fn unquoted(text: &str) -> Result<(String, &str), String> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Ok((out, chars.as_str())),
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some(c @ ('"' | '\\')) => out.push(c),
                _ => return Err("within quotes a backslash stands before \", \\ or n".into()),
            },
            _ => out.push(c),
        }
    }
    Err("a quote is not closed".into())
}

fn selector(when: &mut When, item: &Item) -> Result<(), String> {
    let twice = match item.key.as_str() {
        "*" => {
            item.bare()?;
            false
        }
        "every" => when.every.replace(item.counting()?).is_some(),
        "match" => when.contains.replace(item.text()?.to_owned()).is_some(),
        "times" => when.times.replace(item.number()?).is_some(),
        "attempt" => {
            let text = item.text()?;
            let range =
                range(text).ok_or_else(|| format!("attempt={} is not a number or a range", excerpt(text, 40)))?;
            when.attempt.replace(range).is_some()
        }
        key => {
            let known = "*, a number, a range such as 5-8, every=N, match=TEXT, attempt=N or times=N";
            let range =
                range(key).ok_or_else(|| format!("{} does not name requests; say {known}", excerpt(key, 40)))?;
            item.bare()?;
            match &mut when.numbers {
                Numbers::All => when.numbers = Numbers::In(vec![range]),
                Numbers::In(ranges) => ranges.push(range),
            }
            false
        }
    };
    if twice { Err(format!("{} is said twice", item.key)) } else { Ok(()) }
}

/// `3`, `5-8`, `9-`.
fn range(text: &str) -> Option<RangeInclusive<u64>> {
    let number = |text: &str| text.parse::<u64>().ok().filter(|&number| number > 0);
    let (first, last) = match text.split_once('-') {
        None => (number(text)?, number(text)?),
        Some((first, "")) => (number(first)?, u64::MAX),
        Some((first, last)) => (number(first)?, number(last)?),
    };
    (first <= last).then_some(first..=last)
}

fn duration(text: &str) -> Option<Duration> {
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let seconds = match &text[at..] {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let count: f64 = text[..at].trim().parse().ok()?;
    Duration::try_from_secs_f64(count * seconds).ok().filter(|time| *time <= LATENCY_MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sandbox::{Content, Ending, Fate, RetryAfter, Twist, What, Wire};

    fn what(text: &str) -> What {
        text.parse::<Fault>().unwrap().what
    }

    fn reason(text: &str) -> String {
        text.parse::<FaultPlan>().unwrap_err().reason
    }

    #[test]
    fn a_plan_is_read_as_it_is_documented() {
        let plan: FaultPlan =
            "3:status=503,retry-after=2;\n 5-8 : reset=before ;every=10:drop=after\n*:latency=0.2s;;".parse().unwrap();
        let written: Vec<_> = plan.faults.iter().map(|fault| fault.written.as_str()).collect();
        assert_eq!(
            written,
            ["3:status=503,retry-after=2", "5-8 : reset=before", "every=10:drop=after", "*:latency=0.2s"]
        );
        let [first, second, third, fourth] = &plan.faults[..] else { panic!("four faults") };
        assert_eq!(first.when.numbers, Numbers::In(vec![3..=3]));
        assert_eq!(first.what.status, Some(503));
        assert_eq!(first.what.retry_after, Some(RetryAfter::Text("2".into())));
        assert_eq!(second.when.numbers, Numbers::In(vec![5..=8]));
        assert_eq!(second.what.fate, Fate::LostBefore(Ending::Reset));
        assert_eq!(third.what.fate, Fate::LostAfter(Ending::Closed));
        assert_eq!((fourth.when.clone(), fourth.what.latency), (When::default(), Duration::from_millis(200)));
        assert_eq!(" \n".parse::<FaultPlan>().unwrap(), FaultPlan::default());
    }

    #[test]
    fn values_may_hold_anything_when_quoted_and_colons_as_they_are() {
        let fault: Fault = r#"match="a,b:\"c\\",times=2:redirect=http://127.0.0.1:1/x"#.parse().unwrap();
        assert_eq!(fault.when.contains.as_deref(), Some(r#"a,b:"c\"#));
        assert_eq!(fault.when.times, Some(2));
        assert_eq!(fault.what.content, Content::Redirect("http://127.0.0.1:1/x".into()));

        let error =
            what(r#"match=anna@:pointer=/data/attributes/contacts/email/0,status=409,detail="no; not, ever\n""#);
        assert_eq!(error.status, Some(409));
        let Content::Error { title: None, detail, pointer } = error.content else { panic!("an error") };
        assert_eq!(detail.as_deref(), Some("no; not, ever\n"));
        assert_eq!(pointer.as_deref(), Some("/data/attributes/contacts/email/0"));
    }

    #[test]
    fn items_come_together_in_one_fault() {
        let all = what(r#"*:chunked,gzip,early-hints,slow=1ms,cut,truncate,header="X-A: b:c",numeric-id,status=200"#);
        let wire = Wire {
            early_hints: true,
            chunked: true,
            gzip: true,
            truncated: true,
            garbage: false,
            slow: Some(Duration::from_millis(1)),
            ending: Ending::Closed,
        };
        assert_eq!(all.wire, wire);
        assert_eq!(all.headers, [("X-A".to_owned(), "b:c".to_owned())]);
        assert_eq!(all.content, Content::Twisted(Twist::NumericId));
        assert_eq!(what("*:body={},type=application/json").status, None);
        assert_eq!(what("*:status=204").content, Content::Empty);
    }

    #[test]
    fn what_cannot_be_understood_is_said_clearly() {
        let error = "1:close; x:hang".parse::<FaultPlan>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the fault \"x:hang\" cannot be understood: x does not name requests; say *, a number, a range such as 5-8, \
             every=N, match=TEXT, attempt=N or times=N"
        );
        for (text, expected) in [
            ("hang", "hang does not name requests"),
            ("3", "between which requests and what happens belongs a colon"),
            ("3:", "a part of it is empty"),
            ("3:hang,", "a part of it is empty"),
            (",:hang", "a part of it is empty"),
            ("0:hang", "0 does not name requests"),
            ("8-5:hang", "8-5 does not name requests"),
            ("every=0:hang", "every counts from 1"),
            ("times=1,times=2:hang", "times is said twice"),
            ("3:explode", "explode is not something that can happen"),
            ("3:status=99", "status=99 is not between 200 and 599"),
            ("3:status", "status needs a value, as in status=…"),
            ("3:latency=5", "latency=5 is not a time"),
            ("3:latency=25h", "latency=25h is not a time"),
            ("3:hang=1", "hang takes no value"),
            ("3:hang,reset=after", "hang and reset exclude each other"),
            ("3:reset=maybe", "reset=before, reset=during or reset=after"),
            ("3:html,no-id", "html and no-id cannot both be the answer"),
            ("3:detail=x,html", "detail and html cannot both be the answer"),
            ("3:html,detail=x", "html and detail cannot both be the answer"),
            ("3:close,cut", "close and cut exclude each other"),
            ("3:type=a/b", "type goes with body"),
            ("3:body=\"x", "a quote is not closed"),
            ("3:body=\"x\"y", "body: after the closing quote a comma is expected"),
            ("3:=x", "there is nothing before an equals sign"),
            ("3:retry-after=å\u{7f}", "cannot stand in a header"),
            ("3:header=\"Connection: close\"", "the header Connection is the server's own"),
            ("3:forget=phone", "what can be forgotten is all, name"),
            ("3:status=204,html", "status=204 has no body"),
        ] {
            assert!(reason(text).contains(expected), "{text}: {}", reason(text));
        }
        assert!("1:hang;2:hang".parse::<Fault>().is_err());
        assert!("".parse::<Fault>().is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fall_over(text in r#"([0-9*a-z=":;,\\\-. é]|status=|body=|match=){0,30}"#) {
            if let Ok(plan) = text.parse::<FaultPlan>() {
                for fault in plan.faults {
                    prop_assert_eq!(fault.written.parse::<Fault>().map(|again| again.what), Ok(fault.what));
                }
            }
        }
    }
}
