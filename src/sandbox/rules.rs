//! The server's rules: each one that is documented nowhere is a switch.

/// Where the server takes a name from. The API page contradicts itself: its table says attributes, its samples contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamePlace {
    /// `data.attributes.contacts.name`, as in the samples.
    Contacts,
    /// `data.attributes.name`, as in the field table.
    Attributes,
    /// Either; contacts win.
    Both,
}

/// By what a card is found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchOn {
    /// Entries of email, facebook, vk, line and voice.
    Identities,
    /// Those, and equal pairs of label and value.
    IdentitiesAndCustom,
}

/// What happens to a custom field that the found card has already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomAppend {
    /// It is appended once more.
    Again,
    /// Equal pairs are kept once.
    Set,
}

/// What happens to the name of a found card when another one is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameAppend {
    /// The first one stays: nothing is taken away by appending.
    Keep,
    /// The last one wins.
    Replace,
}

/// How an answer writes `data.id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdShape {
    /// `"13"`, as in the sample and in JSON:API.
    Text,
    /// `13`.
    Number,
}

/// How an answer writes the entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// As they were sent.
    AsSent,
    /// E-mail addresses in lower case, phone numbers as plus and digits.
    Normalised,
}

/// How the server behaves. The default is what is documented, and where nothing is, what is likely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Where the name is taken from. A name in the other documented place is let pass and dropped.
    pub name_at: NamePlace,
    /// By what a card is found again.
    pub match_on: MatchOn,
    /// Whether e-mail addresses are matched without regard to case.
    pub fold_email_case: bool,
    /// Whether phone numbers are matched by their digits alone.
    pub voice_by_digits: bool,
    /// What happens to a custom field sent again.
    pub custom_append: CustomAppend,
    /// What happens to a name sent again.
    pub name_append: NameAppend,
    /// The status for a new card.
    pub created_status: u16,
    /// The status for a card that was appended to.
    pub updated_status: u16,
    /// How answers write the id.
    pub id_shape: IdShape,
    /// How answers write the entries.
    pub echo: Echo,
    /// The id of the first card; the next ones count up.
    pub first_id: u64,
    /// Whether a media type with parameters is refused with 415 (JSON:API 1.0, "Server Responsibilities").
    pub strict_media_type: bool,
    /// Whether untidy documents are refused: unknown members, untrimmed, empty or repeated entries, lost characters,
    /// phone numbers without plus sign, a card with nothing in it. If not, unknown members are dropped and entries kept.
    pub strict_document: bool,
    /// Whether a trailing slash is answered by a 307 to the address without it, as gin does.
    pub slash_redirects: bool,
    /// The status for a body that is no JSON: 406 in the vendor's published library, 400 in most others.
    pub bad_json_status: u16,
    /// Whether looking a card up and storing it are two steps with a gap between them, so that two requests in the
    /// server at once that share a new identity make two cards.
    pub race: bool,
    /// The longest body taken, in bytes; beyond it 413.
    pub body_max: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            name_at: NamePlace::Contacts,
            match_on: MatchOn::Identities,
            fold_email_case: true,
            voice_by_digits: true,
            custom_append: CustomAppend::Again,
            name_append: NameAppend::Keep,
            created_status: 201,
            updated_status: 201,
            id_shape: IdShape::Text,
            echo: Echo::AsSent,
            first_id: 13, // the API page's sample
            strict_media_type: true,
            strict_document: true,
            slash_redirects: true,
            bad_json_status: 406,
            race: true,
            body_max: 1 << 20, // 1 MiB: a thousand times a plain card
        }
    }
}
