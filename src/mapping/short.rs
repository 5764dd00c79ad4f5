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
    Text(ColumnIndex),
    Template(Template<ColumnIndex>),
    Email(ColumnIndex),
    Phone(ColumnIndex, Option<Country>),
}

impl Short {
    /// The short way of a source, if it has one.
    pub fn of(step: &Step, origin: Origin) -> Option<Short> {
        if step.extra.is_some() || !step.split.is_empty() {
            return None;
        }
        let way = match (&step.target, &step.read, &step.country) {
            (Target::Channel(Channel::Email), Read::Column(column), _) => Way::Email(*column),
            (Target::Channel(Channel::Voice), Read::Column(column), None) => Way::Phone(*column, None),
            (Target::Channel(Channel::Voice), Read::Column(column), Some(CountryRule::Always(country))) => {
                Way::Phone(*column, Some(*country))
            }
            (Target::Name | Target::Custom { .. }, Read::Column(column), _) => Way::Text(*column),
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
            Way::Text(column) => {
                let text = cell::trim(row.cell(*column));
                if text.is_empty() {
                    return true;
                }
                let write = |out: &mut String| {
                    out.push_str(text);
                    sound(text)
                };
                card.write(*member, label, *origin, write, equal)
            }
            Way::Template(template) => {
                let mut is_blank = false;
                let write = |out: &mut String| {
                    let from = out.len();
                    let filled = template.fill_plainly(|column| row.cell(*column), |part| sound(part).is_ok(), out);
                    is_blank = filled && out.len() == from;
                    match filled && !is_blank {
                        true => sound(&out[from..]),
                        false => Err(Odd),
                    }
                };
                let written = card.write(*member, label, *origin, write, equal);
                if is_blank {
                    return true;
                }
                written
            }
            Way::Email(column) => {
                let text = cell::trim(row.cell(*column));
                if text.is_empty() {
                    return true;
                }
                let write = |out: &mut String| {
                    out.push_str(text);
                    email::is_plain(text).then_some(()).ok_or(Odd)
                };
                card.write(*member, label, *origin, write, email::same)
            }
            Way::Phone(column, country) => {
                let text = cell::trim(row.cell(*column));
                if text.is_empty() {
                    return true;
                }
                let write = |out: &mut String| phone::write_plain(text, *country, out).then_some(()).ok_or(Odd);
                card.write(*member, label, *origin, write, equal)
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
fn sound(text: &str) -> Result<(), Odd> {
    match text.as_bytes() {
        [b'#', ..] | [b'0'..=b'9', b'.' | b',', ..] => Err(Odd),
        bytes if bytes.len() > cell::VALUE_CHARS_MAX => Err(Odd),
        _ => Ok(()),
    }
}
