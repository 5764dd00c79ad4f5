//! One fault's items, `key=value` by `key=value` → [`What`]; says which of them do not go together.

use std::str::FromStr;

use hyper::header::{HeaderName, HeaderValue};

use super::fault::{Content, Ending, Fate, RetryAfter, Twist, What};
use super::grammar::Item;
use crate::model::excerpt;

const HUGE_BYTES: u64 = 64 << 20;
const FORGETTABLE: [&str; 8] = ["all", "name", "email", "facebook", "vk", "line", "voice", "custom"];

/// What happens, while its parts are still coming in.
#[derive(Default)]
pub(super) struct Draft {
    what: What,
    media_type: Option<String>,
    /// The items that said the fate and the content, to name them when a second one does.
    fate: Option<String>,
    content: Option<String>,
    said: Vec<String>,
}

impl Draft {
    /// Takes in one more item.
    pub fn add(&mut self, item: &Item) -> Result<(), String> {
        let key = item.key.as_str();
        if self.said.iter().any(|said| said == key) && key != "header" {
            return Err(format!("{key} is said twice"));
        }
        self.said.push(key.to_owned());
        let wire = &mut self.what.wire;
        match key {
            "latency" => self.what.latency = item.duration()?,
            "commit" | "no-commit" => {
                item.bare()?;
                if self.what.commit.replace(key == "commit").is_some() {
                    return Err("commit and no-commit exclude each other".into());
                }
            }
            "status" => {
                let status = item.number()?;
                let fits = u16::try_from(status).ok().filter(|status| (200..=599).contains(status));
                self.what.status = Some(fits.ok_or_else(|| format!("status={status} is not between 200 and 599"))?);
            }
            "reset" => self.lost(item, Ending::Reset)?,
            "drop" => self.lost(item, Ending::Closed)?,
            "hang" => {
                item.bare()?;
                self.fate(key, Fate::Hangs)?;
            }
            "retry-after" => self.retry(RetryAfter::Text(header_text(item.text()?)?))?,
            "retry-after-date" => self.retry(RetryAfter::DateIn(item.duration()?))?,
            "header" => {
                let text = item.text()?;
                let (name, value) = text.split_once(':').ok_or("a header is written header=\"NAME: VALUE\"")?;
                let name = name.trim();
                if HeaderName::from_str(name).is_err() {
                    return Err(format!("{} is no name for a header", excerpt(name, 40)));
                }
                if ["content-length", "transfer-encoding", "connection"]
                    .iter()
                    .any(|own| name.eq_ignore_ascii_case(own))
                {
                    return Err(format!("the header {name} is the server's own; see truncate, chunked and close"));
                }
                self.what.headers.push((name.to_owned(), header_text(value.trim())?));
            }
            "early-hints" => wire.early_hints = item.bare().map(|()| true)?,
            "chunked" => wire.chunked = item.bare().map(|()| true)?,
            "gzip" => wire.gzip = item.bare().map(|()| true)?,
            "truncate" => wire.truncated = item.bare().map(|()| true)?,
            "garbage" => wire.garbage = item.bare().map(|()| true)?,
            "slow" => wire.slow = Some(item.duration()?),
            "close" | "cut" => {
                item.bare()?;
                if wire.ending != Ending::Open {
                    return Err("close and cut exclude each other".into());
                }
                wire.ending = if key == "close" { Ending::Announced } else { Ending::Closed };
            }
            "type" => self.media_type = Some(header_text(item.text()?)?),
            _ => self.content(item)?,
        }
        Ok(())
    }

    fn lost(&mut self, item: &Item, ending: Ending) -> Result<(), String> {
        let fate = match item.value.as_deref() {
            Some("before") => Fate::LostBefore(ending),
            Some("during") => Fate::LostDuring(ending),
            Some("after") => Fate::LostAfter(ending),
            _ => return Err(format!("{0}=before, {0}=during or {0}=after", item.key)),
        };
        self.fate(&item.key, fate)
    }

    fn fate(&mut self, key: &str, fate: Fate) -> Result<(), String> {
        if let Some(other) = self.fate.replace(key.to_owned()) {
            return Err(format!("{other} and {key} exclude each other"));
        }
        self.what.fate = fate;
        Ok(())
    }

    fn retry(&mut self, retry_after: RetryAfter) -> Result<(), String> {
        match self.what.retry_after.replace(retry_after) {
            None => Ok(()),
            Some(_) => Err("retry-after and retry-after-date exclude each other".into()),
        }
    }

    fn content(&mut self, item: &Item) -> Result<(), String> {
        let key = item.key.as_str();
        let text = || item.text().map(str::to_owned);
        if let ("title" | "detail" | "pointer", Content::Error { title, detail, pointer }) =
            (key, &mut self.what.content)
        {
            let member = match key {
                "title" => title,
                "detail" => detail,
                _ => pointer,
            };
            *member = Some(text()?);
            return Ok(());
        }
        let (mut title, mut detail, mut pointer) = (None, None, None);
        let content = match key {
            "title" | "detail" | "pointer" => {
                let member = match key {
                    "title" => &mut title,
                    "detail" => &mut detail,
                    _ => &mut pointer,
                };
                *member = Some(text()?);
                Content::Error { title, detail, pointer }
            }
            "body" => Content::Text { body: text()?, media_type: "text/plain".to_owned() },
            "redirect" => Content::Redirect(header_text(item.text()?)?),
            "html" => item.bare().map(|()| Content::Html)?,
            "empty" => item.bare().map(|()| Content::Empty)?,
            "location-only" => item.bare().map(|()| Content::LocationOnly)?,
            "no-id" => item.bare().map(|()| Content::Twisted(Twist::NoId))?,
            "numeric-id" => item.bare().map(|()| Content::Twisted(Twist::NumericId))?,
            "ids-differ" => item.bare().map(|()| Content::Twisted(Twist::IdsDiffer))?,
            "other-id" => Content::Twisted(Twist::OtherId(item.number()?)),
            "wrong-type" => item.bare().map(|()| Content::Twisted(Twist::WrongType))?,
            "half-json" => item.bare().map(|()| Content::Twisted(Twist::HalfJson))?,
            "forget" => match item.text()? {
                member if FORGETTABLE.contains(&member) => Content::Twisted(Twist::Forgets(member.to_owned())),
                _ => return Err(format!("what can be forgotten is {}", FORGETTABLE.join(", "))),
            },
            "huge" if item.value.is_none() => Content::Twisted(Twist::Huge(HUGE_BYTES)),
            "huge" => match item.number()? {
                bytes if bytes <= 1 << 40 => Content::Twisted(Twist::Huge(bytes)),
                _ => return Err("huge is at most a tebibyte".into()),
            },
            _ => return Err(format!("{} is not something that can happen", excerpt(key, 40))),
        };
        if let Some(other) = self.content.replace(key.to_owned()) {
            return Err(format!("{other} and {key} cannot both be the answer"));
        }
        self.what.content = content;
        Ok(())
    }

    /// All of it together.
    pub fn finish(mut self) -> Result<What, String> {
        match (&mut self.what.content, self.media_type) {
            (_, None) => {}
            (Content::Text { media_type, .. }, Some(said)) => *media_type = said,
            (_, Some(_)) => return Err("type goes with body".into()),
        }
        if let (Some(204), false) = (self.what.status, self.what.content == Content::Empty) {
            // RFC 9110, 15.3.5: a 204 has no content.
            if self.content.is_some() {
                return Err("status=204 has no body".into());
            }
            self.what.content = Content::Empty;
        }
        Ok(self.what)
    }
}

fn header_text(text: &str) -> Result<String, String> {
    match HeaderValue::from_str(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(format!("{} cannot stand in a header", excerpt(text, 40))),
    }
}
