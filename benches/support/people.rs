//! Made-up people, each computed from its row number alone: the same in every run and on every machine.

/// The columns of every made-up table.
pub const HEADER: [&str; 11] = [
    "Customer No",
    "First Name",
    "Last Name",
    "E-mail",
    "Mobile",
    "Phone",
    "Street",
    "Postal code",
    "City",
    "Customer since",
    "Notes",
];

/// Which people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowd {
    /// As in life: 2 % of the rows are invalid, 1 % repeat an earlier row's mailbox.
    Mixed,
    /// All fit to be sent, no two alike.
    Distinct,
}

impl Crowd {
    /// As part of a file's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Crowd::Mixed => "mixed",
            Crowd::Distinct => "distinct",
        }
    }
}

const FIRST: [&str; 16] = [
    "Åsa", "Björn", "Karin", "Lars", "Sofia", "Jörg", "Märta", "Anders", "Élodie", "Göran", "Ylva", "Torsten", "Maria",
    "Erik", "Ingegerd", "Kofi",
];
const LAST: [&str; 16] = [
    "Öberg",
    "Andersson",
    "Lindström",
    "Müller",
    "Nilsson",
    "von Essen",
    "Åkesson",
    "Sjöberg",
    "Johansson",
    "Schäfer",
    "Karlsson",
    "Bergqvist",
    "O'Neill",
    "Palmgren",
    "Hübner",
    "Ek",
];
/// The same, as they stand in mail addresses.
const MAILBOX: [&str; 16] = [
    "oberg",
    "andersson",
    "lindstrom",
    "mueller",
    "nilsson",
    "von.essen",
    "akesson",
    "sjoberg",
    "johansson",
    "schaefer",
    "karlsson",
    "bergqvist",
    "oneill",
    "palmgren",
    "huebner",
    "ek",
];
const DOMAIN: [&str; 6] =
    ["example.com", "example.net", "post.example.org", "mail.example.com", "foretag.example", "buero.example.net"];
const STREET: [&str; 8] = [
    "Storgatan",
    "Västra Hamngatan",
    "Kungsgatan",
    "Södra Förstadsgatan",
    "Lindenstraße",
    "Åvägen",
    "Drottninggatan",
    "Björkstigen",
];
const CITY: [&str; 8] = ["Göteborg", "Stockholm", "Malmö", "Örebro", "Umeå", "Uppsala", "Växjö", "Luleå"];
const NOTE: [&str; 5] = [
    "",
    "Kund sedan länge, har två butiker",
    "Ring efter lunch, helst före tre, annars mejl",
    "Met at the fair, wants the catalogue and a price list",
    "Says \"no letters, please\", moved in from Örebro",
];
const MOBILE: [u64; 5] = [70, 72, 73, 76, 79];

/// One person's cells, in the order of [`HEADER`]. With commas and quotes about 158 bytes.
pub fn cells(row: u64, crowd: Crowd) -> [String; 11] {
    let (first, last) = (pick(row, 1, &FIRST), pick(row, 2, &LAST));
    let mixed = crowd == Crowd::Mixed;
    let fate = if mixed { dice(row, 3) % 100 } else { 99 };
    let email = match fate {
        0 => mailbox(row).replace('@', " at "),
        1 if row > 0 => mailbox(dice(row, 4) % row),
        _ => mailbox(row),
    };
    let mobile = if fate == 2 { "070-12".to_owned() } else { mobile(row) };
    let note = match dice(row, 5) % 20 {
        0 => format!("{}\nRinger tillbaka", pick(row, 6, &NOTE[1..])),
        _ => pick(row, 6, &NOTE).to_owned(),
    };
    [
        format!("{:07}", row + 1),
        first.to_owned(),
        last.to_owned(),
        email,
        mobile,
        if dice(row, 7) % 10 < 4 { landline(row) } else { String::new() },
        format!("{} {}", pick(row, 8, &STREET), 1 + dice(row, 9) % 120),
        format!("{} {:02}", 111 + dice(row, 10) % 800, dice(row, 11) % 100),
        pick(row, 12, &CITY).to_owned(),
        format!("20{:02}-{:02}-{:02}", 10 + dice(row, 13) % 16, 1 + dice(row, 14) % 12, 1 + dice(row, 15) % 28),
        note,
    ]
}

fn mailbox(row: u64) -> String {
    format!("{}.{}{row}@{}", (b'a' + (row % 26) as u8) as char, pick(row, 2, &MAILBOX), pick(row, 16, &DOMAIN))
}

/// Half of them written as at home, half for the world. No two rows below 50 million have the same.
fn mobile(row: u64) -> String {
    let (operator, number) = (MOBILE[(row / 10_000_000 % 5) as usize], scattered(row));
    let (head, middle, tail) = (number / 10_000, number / 100 % 100, number % 100);
    match dice(row, 17) % 4 {
        0 | 1 => format!("0{operator}-{head:03} {middle:02} {tail:02}"),
        2 => format!("+46{operator}{number:07}"),
        _ => format!("+46 {operator} {head:03} {middle:02} {tail:02}"),
    }
}

fn landline(row: u64) -> String {
    let number = scattered(row);
    format!("08-{:03} {:04}", number / 10_000, number % 10_000)
}

/// Another seven digits for each of ten million rows: the factor has none in common with their count.
fn scattered(row: u64) -> u64 {
    row * 7_654_321 % 10_000_000
}

fn pick<'a>(row: u64, salt: u64, from: &[&'a str]) -> &'a str {
    from[(dice(row, salt) % from.len() as u64) as usize]
}

/// SplitMix64's last step (Steele, Lea, Flood 2014): a number that looks random, for every row and purpose.
fn dice(row: u64, salt: u64) -> u64 {
    let mut z = row.wrapping_mul(32).wrapping_add(salt).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
