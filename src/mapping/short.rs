//! The short way from cells to a card, for rows that [are clean](crate::model::is_clean): a source without options reads
//! what nearly all cells hold, and leaves all others to its [`Step`]. The same result, in fewer looks at every byte; a
//! test holds the two against each other.

use super::cell;
use super::document::{CountryRule, Target};
use super::draft::Draft;
use super::email;
use super::phone::{self, Country};
use super::step::{Read, Step};
use super::template::Template;
use crate::model::{Channel, ColumnIndex, Member, Origin, Row};

/// A source that has a short way.
#[derive(Clone, Debug)]
pub(super) struct Short {
    origin: Origin,
    member: Member,
    label: String,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
    Template(Template<ColumnIndex>),
    Cell(ColumnIndex, Kind),
}

/// What a cell is read as.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    Email,
    /// By the rules of this country.
    Phone(Option<Country>),
}

impl Short {
    /// The short way of a source, if it has one.
    pub fn of(step: &Step, origin: Origin) -> Option<Short> {
        if step.extra.is_some() || !step.split.is_empty() {
            return None;
        }
        let way = match (&step.target, &step.read, &step.country) {
            (Target::Channel(Channel::Email), Read::Column(column), _) => Way::Cell(*column, Kind::Email),
            (Target::Channel(Channel::Voice), Read::Column(column), None) => Way::Cell(*column, Kind::Phone(None)),
            (Target::Channel(Channel::Voice), Read::Column(column), Some(CountryRule::Always(country))) => {
                Way::Cell(*column, Kind::Phone(Some(*country)))
            }
            (Target::Name | Target::Custom { .. }, Read::Column(column), _) => Way::Cell(*column, Kind::Text),
            (Target::Name | Target::Custom { .. }, Read::Template(template), _) if template.keeps_clean() => {
                Way::Template(template.clone())
            }
            _ => return None,
        };
        let (member, label) = step.target.place(None);
        Some(Short { origin, member, label: label.to_owned(), way })
    }

    /// Puts on the card what a clean row has for this source; `false`, and nothing is done, when it takes the long way.
    #[inline]
    pub fn run(&self, row: &Row, draft: &mut Draft<'_>) -> bool {
        let Short { origin, member, label, way } = self;
        let card = &mut draft.card;
        let equal = |known: &str, new: &str| known == new;
        let written = match way {
            Way::Cell(column, kind) => {
                let text = cell::trim(row.cell(*column));
                if text.is_empty() {
                    return true;
                }
                let as_it_stands = |out: &mut String, is_sound: bool| {
                    out.push_str(text);
                    is_sound.then_some(()).ok_or(Odd)
                };
                match kind {
                    Kind::Text => card.write(*member, label, *origin, |out| as_it_stands(out, is_sound(text)), equal),
                    Kind::Email => {
                        let write = |out: &mut String| as_it_stands(out, email::is_plain(text));
                        card.write(*member, label, *origin, write, email::same)
                    }
                    Kind::Phone(country) => {
                        let write = |out: &mut String| phone::write_plain(text, *country, out).then_some(()).ok_or(Odd);
                        card.write(*member, label, *origin, write, equal)
                    }
                }
            }
            Way::Template(template) => {
                let mut is_blank = false;
                let write = |out: &mut String| {
                    let from = out.len();
                    let filled = template.fill_plainly(|column| row.cell(*column), is_sound, out);
                    is_blank = filled && out.len() == from;
                    (filled && !is_blank && is_sound(&out[from..])).then_some(()).ok_or(Odd)
                };
                let written = card.write(*member, label, *origin, write, equal);
                if is_blank {
                    return true;
                }
                written
            }
        };
        draft.has_content |= written.is_ok();
        draft.has_contact |= written.is_ok() && matches!(member, Member::Channel(_));
        written.is_ok()
    }
}

/// A value that takes the long way.
struct Odd;

/// Whether nothing need be said of a text of a clean row.
#[inline]
fn is_sound(text: &str) -> bool {
    match text.as_bytes() {
        [b'#', ..] | [b'0'..=b'9', b'.' | b',', ..] => false,
        bytes => bytes.len() <= cell::VALUE_CHARS_MAX,
    }
}
