//! Rows that go with the card of an earlier row: they end with it, whether they have come by then or not.

use std::collections::HashMap;
use std::sync::Arc;

use super::outcome::CardEnding;
use super::scribe::Ended;
use super::together::{Group, Place};
use crate::model::Outcome;

/// By the group's number, those whose rows have not all come and ended.
#[derive(Debug, Default)]
pub struct Companions {
    groups: HashMap<u32, Company>,
}

/// A group of which some rows have come. The first carries the card, and is not counted.
#[derive(Debug, Default)]
struct Company {
    /// How many have come.
    came: usize,
    /// How their card ended, once it has.
    ending: Option<CardEnding>,
}

impl Companions {
    /// A row comes; its ending, if its card has ended.
    pub fn join(&mut self, place: Place) -> Option<Outcome> {
        let company = self.groups.entry(place.group.number).or_default();
        company.came += 1;
        let outcome = company.ending.as_ref().map(|ending| ending.of(&place));
        if outcome.is_some() && company.came + 1 == place.group.members.len() {
            self.groups.remove(&place.group.number);
        }
        outcome
    }

    /// Their card has ended: the endings of all, the one that carried it first. Those that have not come yet are told when
    /// they come.
    pub fn end(&mut self, group: Arc<Group>, ending: CardEnding, goes_on: bool) -> Vec<Ended> {
        let company = self.groups.remove(&group.number).unwrap_or_default();
        let ended = (0..group.members.len()).map(|nth| {
            let place = Place { group: Arc::clone(&group), nth };
            let (row, subject) = (place.member().ordinal, place.member().subject);
            Ended { row, subject, outcome: ending.of(&place), goes_on, here: nth <= company.came }
        });
        let ended = ended.collect();
        if company.came + 1 < group.members.len() {
            self.groups.insert(group.number, Company { ending: Some(ending), ..company });
        }
        ended
    }
}
