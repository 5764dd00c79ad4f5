//! The card as the server sent it back.

use super::{Channel, Identity, IdentityKey};

/// What an answer says the card holds now. Lists that are missing are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Echo {
    /// The name, wherever it stood.
    pub name: Option<String>,
    /// Contact entries.
    pub entries: Vec<(Channel, String)>,
    /// Label/value pairs.
    pub custom: Vec<(String, String)>,
}

impl Echo {
    /// What the card can be recognised by now.
    pub fn identities(&self) -> impl Iterator<Item = IdentityKey> {
        self.entries.iter().map(|(channel, value)| Identity::new(*channel, value).key())
    }
}
