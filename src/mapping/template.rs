//! Templates: text with columns in braces, and what becomes of the text when some columns are blank.
//!
//! The rule, in the order in which it is applied:
//!
//! 1. A template whose columns are all blank is blank.
//! 2. Text before the first column belongs to that column, text after the last one to the last one, and a bracket
//!    around a column to the column in it. It is written exactly when its column is.
//! 3. Text between two columns is written when something is written on both sides of it. Where a blank column leaves
//!    several such texts side by side, one is kept: of those without letters and digits the one with the most marks,
//!    the first of equals; if all have words, the last, because it introduces what follows.
//! 4. Runs of white space become one space; the ends are trimmed.
//!
//! So `"{Street}, {Postal code} {City}"` gives `Storgatan 1, 111 22 Stockholm`, without a street `111 22 Stockholm`,
//! without a postal code `Storgatan 1, Stockholm`; and `"{Name} ({Company})"` without a company gives only the name.

use std::ops::Range;

use super::cell;
use crate::model::eight_of;

/// A template over columns of type `C`: names as written, or places in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template<C> {
    slots: Vec<Slot<C>>,
    /// One between every two slots.
    gaps: Vec<Gap>,
    /// Whether its own texts are printable ASCII, and something stands between every two columns.
    is_plain: bool,
}

/// A column and the text that stands or falls with it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Slot<C> {
    before: String,
    column: C,
    after: String,
}

/// Text between two columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Gap {
    text: String,
    has_words: bool,
    /// How many characters other than white space.
    marks: usize,
}

/// Why a text is no template; the range is in bytes of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TemplateFault {
    pub at: Range<usize>,
    pub kind: TemplateFaultKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TemplateFaultKind {
    /// `{` without `}`.
    Unclosed,
    /// `}` without `{`.
    Unopened,
    /// `{` inside braces.
    Nested,
    /// `{}`.
    Nameless,
    /// No column at all.
    NoColumn,
}

/// Brackets that belong to the column they enclose.
const BRACKETS: [(char, char); 4] = [('(', ')'), ('[', ']'), ('<', '>'), ('"', '"')];

impl<C> Template<C> {
    /// Reads a template. `column` is given each name, trimmed, with its place in `text`.
    pub fn parse(
        text: &str,
        mut column: impl FnMut(&str, Range<usize>) -> C,
    ) -> Result<Template<C>, Vec<TemplateFault>> {
        let mut faults = Vec::new();
        let mut columns = Vec::new();
        let mut texts = vec![String::new()];
        let mut rest = text.char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            let doubled = rest.peek().is_some_and(|(_, next)| *next == c);
            match c {
                '{' | '}' if doubled => {
                    rest.next();
                    push_last(&mut texts, c);
                }
                '}' => faults.push(TemplateFault { at: at..at + 1, kind: TemplateFaultKind::Unopened }),
                '{' => {
                    let start = at + 1;
                    let end = loop {
                        match rest.next() {
                            Some((end, '}')) => break Ok(end),
                            Some((end, '{')) => break Err((end..end + 1, TemplateFaultKind::Nested)),
                            Some(_) => {}
                            None => break Err((at..text.len(), TemplateFaultKind::Unclosed)),
                        }
                    };
                    match end {
                        Err((at, kind)) => {
                            faults.push(TemplateFault { at, kind });
                            if kind == TemplateFaultKind::Nested {
                                // One mistake, one message: go on behind the brace that closes it.
                                rest.by_ref().find(|(_, c)| *c == '}');
                            }
                        }
                        Ok(end) => {
                            let name = cell::trim(&text[start..end]);
                            if name.is_empty() {
                                faults.push(TemplateFault { at: at..end + 1, kind: TemplateFaultKind::Nameless });
                            } else {
                                let from = start + text[start..end].find(name).unwrap_or(0);
                                columns.push(column(name, from..from + name.len()));
                                texts.push(String::new());
                            }
                        }
                    }
                }
                _ => push_last(&mut texts, c),
            }
        }
        if columns.is_empty() && faults.is_empty() {
            faults.push(TemplateFault { at: 0..text.len(), kind: TemplateFaultKind::NoColumn });
        }
        if faults.is_empty() { Ok(Template::assemble(columns, texts)) } else { Err(faults) }
    }

    /// `texts` has one more member than `columns`: what stands before, between and after them.
    fn assemble(columns: Vec<C>, mut texts: Vec<String>) -> Template<C> {
        let count = columns.len();
        let mut slots = Vec::with_capacity(count);
        for (at, column) in columns.into_iter().enumerate() {
            let mut slot = Slot { before: String::new(), column, after: String::new() };
            while let Some((open, close)) = enclosing(&texts[at], &texts[at + 1]) {
                texts[at].pop();
                texts[at + 1].remove(0);
                slot.before.insert(0, open);
                slot.after.push(close);
            }
            if at == 0 {
                slot.before.insert_str(0, &texts[0]);
            }
            if at + 1 == count {
                slot.after.push_str(&texts[count]);
            }
            slots.push(Slot { before: evened(&slot.before), after: evened(&slot.after), ..slot });
        }
        let gaps: Vec<Gap> = texts.drain(1..count).map(Gap::new).collect();
        let is_printable = |text: &str| text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        let is_plain = gaps.iter().all(|gap| !gap.text.is_empty() && is_printable(&gap.text))
            && slots.iter().all(|slot: &Slot<C>| is_printable(&slot.before) && is_printable(&slot.after));
        Template { slots, gaps, is_plain }
    }

    /// The columns, in the order of the text.
    pub fn columns(&self) -> impl Iterator<Item = &C> {
        self.slots.iter().map(|slot| &slot.column)
    }

    /// The same template over other columns; `None` when one of them has no counterpart. All are asked for.
    pub fn resolve<D>(&self, mut resolve: impl FnMut(&C) -> Option<D>) -> Option<Template<D>> {
        let resolved: Vec<Option<D>> = self.columns().map(&mut resolve).collect();
        let slots = self.slots.iter().zip(resolved).map(|(slot, column)| {
            Some(Slot { before: slot.before.clone(), column: column?, after: slot.after.clone() })
        });
        let slots = slots.collect::<Option<Vec<_>>>()?;
        Some(Template { slots, gaps: self.gaps.clone(), is_plain: self.is_plain })
    }

    /// Whether text that [is clean](crate::model::is_clean) makes it so when filled in: then nothing it brings along is
    /// beyond ASCII, and no two characters come together that stood apart.
    pub fn keeps_clean(&self) -> bool {
        self.is_plain
    }

    /// Writes the template filled in into `out`, which is empty; it stays so when all columns are blank.
    pub fn fill<'a>(&self, value: impl FnMut(&C) -> &'a str, out: &mut String) {
        for (gap, slot, text) in self.filled(value) {
            push_evened(out, gap);
            push_evened(out, &slot.before);
            push_spaced(out, text);
            push_evened(out, &slot.after);
        }
        out.truncate(out.trim_end().len());
    }

    /// Appends the same of a template that [keeps text clean](Template::keeps_clean), with clean values, all of which are
    /// `sound`; `false` when it would have to be done with more care.
    pub fn fill_plainly<'a>(
        &self,
        value: impl FnMut(&C) -> &'a str,
        sound: impl Fn(&str) -> bool,
        out: &mut String,
    ) -> bool {
        let from = out.len();
        let mut all_sound = true;
        for (gap, slot, text) in self.filled(value) {
            all_sound &= sound(text);
            [gap, &slot.before, text, &slot.after].into_iter().filter(|piece| !piece.is_empty()).for_each(|piece| {
                out.push_str(piece);
            });
        }
        // Whatever would have been evened out, trimmed or left away stands there as white space.
        match out.as_bytes()[from..] {
            [] => true,
            [b' ', ..] | [.., b' '] => false,
            ref filled => all_sound && is_spaced(filled),
        }
    }

    /// The columns that are not blank, trimmed, each with its own texts and behind the one that leads to it.
    fn filled<'a, 't>(
        &'t self,
        mut value: impl FnMut(&C) -> &'a str,
    ) -> impl Iterator<Item = (&'t str, &'t Slot<C>, &'a str)> {
        let mut last: Option<usize> = None;
        self.slots.iter().enumerate().filter_map(move |(at, slot)| {
            let text = cell::trim(value(&slot.column));
            if text.is_empty() {
                return None;
            }
            let gap = last.replace(at).and_then(|last| Gap::between(&self.gaps[last..at]));
            Some((gap.map_or("", |gap| gap.text.as_str()), slot, text))
        })
    }
}

impl Gap {
    fn new(text: String) -> Gap {
        let has_words = text.chars().any(char::is_alphanumeric);
        let marks = text.chars().filter(|c| !c.is_whitespace()).count();
        Gap { text: evened(&text), has_words, marks }
    }

    /// Rule 3: the one that is kept of several.
    fn between(gaps: &[Gap]) -> Option<&Gap> {
        if let [only] = gaps {
            return Some(only);
        }
        let most = gaps.iter().filter(|gap| !gap.has_words).map(|gap| gap.marks).max();
        match most {
            Some(most) => gaps.iter().find(|gap| !gap.has_words && gap.marks == most),
            None => gaps.last(),
        }
    }
}

fn push_last(texts: &mut [String], c: char) {
    if let Some(last) = texts.last_mut() {
        last.push(c);
    }
}

/// The bracket at the end of one text whose counterpart begins the next.
fn enclosing(before: &str, after: &str) -> Option<(char, char)> {
    BRACKETS.into_iter().find(|(open, close)| before.ends_with(*open) && after.starts_with(*close))
}

/// Every run of white space as one space.
fn evened(text: &str) -> String {
    // What is before the first character keeps its space.
    let mut out = String::from("x");
    push_spaced(&mut out, text);
    out.split_off(1)
}

/// Appends a text that is evened out, and no space at the start or behind another.
#[inline]
fn push_evened(out: &mut String, text: &str) {
    if let Some(first) = text.as_bytes().first() {
        let is_spaced = *first == b' ' && matches!(out.as_bytes().last(), None | Some(b' '));
        out.push_str(if is_spaced { &text[1..] } else { text });
    }
}

/// Appends, with every run of white space as one space, and none at the start.
fn push_spaced(out: &mut String, text: &str) {
    let mut rest = text;
    if is_spaced(text.as_bytes()) {
        return push_evened(out, text);
    }
    while let Some(at) = rest.find(char::is_whitespace) {
        out.push_str(&rest[..at]);
        if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
        rest = rest[at..].trim_start();
    }
    out.push_str(rest);
}

/// Whether all white space in a text is certainly single spaces. Eight bytes at a time.
fn is_spaced(text: &[u8]) -> bool {
    // The uppermost bit of every byte that is zero; perhaps also of one behind it, which then is looked at closely.
    let zeros = |word: u64| word.wrapping_sub(eight_of(1)) & !word & eight_of(0x80);
    let (words, rest) = text.as_chunks::<8>();
    // What is not there looks like letters.
    let last = rest.iter().rev().fold(eight_of(b'-'), |word, byte| word << 8 | u64::from(*byte));
    let (mut odd, mut before) = (0, 0);
    for word in words.iter().map(|word| u64::from_le_bytes(*word)).chain([last]) {
        let spaces = zeros(word ^ eight_of(b' '));
        // Other white space is below a space, or begins with C2, E1, E2 or E3 (U+0085, U+00A0, U+1680, U+2000–U+3000).
        odd |= word.wrapping_sub(eight_of(b' ')) & !word & eight_of(0x80);
        odd |=
            zeros(word ^ eight_of(0xC2)) | zeros(word ^ eight_of(0xE1)) | zeros((word | eight_of(1)) ^ eight_of(0xE3));
        odd |= spaces & (spaces << 8 | before >> 56);
        before = spaces;
    }
    odd == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::is_clean;
    use proptest::prelude::*;

    fn fill(template: &str, values: &[(&str, &str)]) -> Option<String> {
        let template = Template::parse(template, |name, _| name.to_owned()).expect("a template");
        let mut out = String::new();
        template.fill(|name| values.iter().find(|(key, _)| key == name).map_or("", |(_, value)| *value), &mut out);
        Some(out).filter(|out| !out.is_empty())
    }

    fn fault(template: &str) -> TemplateFaultKind {
        Template::parse(template, |name, _| name.to_owned()).expect_err("no template")[0].kind
    }

    #[test]
    fn an_address_loses_no_comma_and_gains_none() {
        let address = "{Street}, {Postal code} {City}";
        let full = [("Street", "Storgatan 1"), ("Postal code", "111 22"), ("City", "Stockholm")];
        assert_eq!(fill(address, &full).as_deref(), Some("Storgatan 1, 111 22 Stockholm"));
        assert_eq!(fill(address, &full[1..]).as_deref(), Some("111 22 Stockholm"));
        assert_eq!(fill(address, &full[..2]).as_deref(), Some("Storgatan 1, 111 22"));
        assert_eq!(fill(address, &[full[0], full[2]]).as_deref(), Some("Storgatan 1, Stockholm"));
        assert_eq!(fill(address, &[]), None);
    }

    #[test]
    fn half_a_name_is_just_that_half() {
        assert_eq!(fill("{First} {Last}", &[("First", "Åsa")]).as_deref(), Some("Åsa"));
        assert_eq!(fill("{First} {Last}", &[("Last", " Öberg\u{a0}")]).as_deref(), Some("Öberg"));
        let three = "{First} {Middle} {Last}";
        assert_eq!(fill(three, &[("First", "Åsa"), ("Last", "Öberg")]).as_deref(), Some("Åsa Öberg"));
    }

    #[test]
    fn brackets_belong_to_what_they_enclose() {
        let text = "{Name} ({Company}), {City}";
        assert_eq!(fill(text, &[("Name", "A"), ("City", "C")]).as_deref(), Some("A, C"));
        assert_eq!(fill(text, &[("Company", "B"), ("City", "C")]).as_deref(), Some("(B), C"));
        assert_eq!(fill("{Name} <{Mail}>", &[("Name", "A")]).as_deref(), Some("A"));
        assert_eq!(fill("{Name} <{Mail}>", &[("Mail", "a@b.se")]).as_deref(), Some("<a@b.se>"));
    }

    #[test]
    fn words_never_name_the_wrong_column() {
        let text = "No {A}, city {B}, zip {C}.";
        assert_eq!(fill(text, &[("A", "1"), ("C", "3")]).as_deref(), Some("No 1, zip 3."));
        assert_eq!(fill(text, &[("B", "2")]).as_deref(), Some("2"));
        assert_eq!(fill("{Amount} SEK", &[("Amount", "10")]).as_deref(), Some("10 SEK"));
        assert_eq!(fill("{A} c/o {B}, {C}", &[("A", "1"), ("C", "3")]).as_deref(), Some("1, 3"));
    }

    #[test]
    fn doubled_braces_are_braces() {
        assert_eq!(fill("{{{A}}} {B}", &[("A", "1"), ("B", "2")]).as_deref(), Some("{1} 2"));
    }

    #[test]
    fn white_space_is_evened_out() {
        assert_eq!(fill("{A}  {B}", &[("A", "x\r\n y"), ("B", "z")]).as_deref(), Some("x y z"));
    }

    #[test]
    fn what_is_no_template_is_said_with_its_place() {
        assert_eq!(fault("{A"), TemplateFaultKind::Unclosed);
        assert_eq!(fault("A}"), TemplateFaultKind::Unopened);
        assert_eq!(fault("{A {B}"), TemplateFaultKind::Nested);
        assert_eq!(fault("{ }"), TemplateFaultKind::Nameless);
        assert_eq!(fault("{{A}}"), TemplateFaultKind::NoColumn);
        let faults = Template::parse("{} {A {B} }", |_, _| ()).expect_err("three");
        assert_eq!(faults.iter().map(|fault| fault.at.clone()).collect::<Vec<_>>(), [0..2, 6..7, 10..11]);
    }

    proptest! {
        #[test]
        fn any_text_parses_or_says_why_and_never_panics(text in "[a{} ()]{0,12}") {
            if let Err(faults) = Template::parse(&text, |_, _| ()) {
                prop_assert!(!faults.is_empty());
                prop_assert!(faults.iter().all(|fault| text.get(fault.at.clone()).is_some()));
            }
        }

        #[test]
        fn what_is_spaced_has_single_spaces(text in "[ aåÖ-]{0,12}[ \u{a0}\u{1680}\u{2003}\u{3000}\u{85}\t\n漢]?[ aå]{0,9}") {
            let odd = text.contains("  ") || text.chars().any(|c| c != ' ' && c.is_whitespace());
            prop_assert!(!(odd && is_spaced(text.as_bytes())), "{:?}", text);
            // And the usual is not mistaken for the unusual.
            let plain = text.chars().all(|c| c < '\u{80}');
            prop_assert!(odd || !plain || is_spaced(text.as_bytes()), "{:?}", text);
        }

        #[test]
        fn what_is_filled_with_clean_text_is_clean(
            values in proptest::collection::vec("[ aåÃ¶\u{a0}\u{3000}\t\n,]{0,4}", 3),
            template in "[ ,aå(]{0,2}\\{0\\}[ ,a)]{0,2}\\{1\\}[ ,()¶]{0,2}\\{2\\}[ ,a]{0,2}",
        ) {
            let template = Template::parse(&template, |name, _| name.parse::<usize>().expect("a digit")).expect("a template");
            // As a record stands in its file, with something between its cells.
            if template.keeps_clean() && is_clean(values.join(";").as_bytes()) {
                let mut filled = String::new();
                template.fill(|at| &values[*at], &mut filled);
                prop_assert!(is_clean(filled.as_bytes()), "{}", filled);
            }
        }

        #[test]
        fn what_is_filled_is_tidy_and_blank_only_when_all_is(
            values in proptest::collection::vec("[ a\u{a0},]{0,3}", 4),
            template in "[ ,a(]{0,3}\\{0\\}[ ,a)]{0,3}\\{1\\}[ ,()]{0,3}\\{2\\}[ ,a]{0,3}\\{3\\}[ ,]{0,2}",
        ) {
            let template = Template::parse(&template, |name, _| name.parse::<usize>().expect("a digit")).expect("a template");
            let mut filled = String::new();
            template.fill(|at| &values[*at], &mut filled);
            prop_assert_eq!(filled.is_empty(), values.iter().all(|value| cell::trim(value).is_empty()));
            prop_assert_eq!(filled.trim(), &filled);
            prop_assert!(!filled.contains("  "));
        }
    }
}
