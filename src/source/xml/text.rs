//! What stands in XML: elements with their attributes, and text with its references.

use std::borrow::Cow;

use memchr::memchr;

/// References are no longer than this: `#1114111` has eight characters.
const REFERENCE_BYTES_MAX: usize = 12;

/// The beginning of an element.
#[derive(Clone, Copy, Debug)]
pub(in crate::source) struct Element<'a> {
    pub(super) name: &'a str,
    pub(super) attributes: &'a str,
}

/// Text as it stands in the file.
#[derive(Clone, Copy, Debug)]
pub(in crate::source) struct Text<'a> {
    pub(super) raw: &'a str,
    /// Whether it stands in a section without references.
    pub(super) literal: bool,
}

/// A name without its prefix.
pub(super) fn local(name: &str) -> &str {
    name.bytes().rposition(|byte| byte == b':').map_or(name, |colon| &name[colon + 1..])
}

impl<'a> Element<'a> {
    /// The name with its prefix.
    pub(in crate::source) fn name(&self) -> &'a str {
        self.name
    }

    /// The name without its prefix.
    pub(in crate::source) fn local_name(&self) -> &'a str {
        local(self.name)
    }

    /// Names with their prefixes and values as they stand in the file. What cannot be made out ends them.
    pub(in crate::source) fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let mut rest = self.attributes;
        std::iter::from_fn(move || {
            rest = rest.trim_ascii_start();
            let (name, after) = split_once(rest, b'=')?;
            let after = after.trim_ascii_start();
            let quote = after.bytes().next().filter(|byte| matches!(byte, b'"' | b'\''))?;
            let (value, after) = split_once(&after[1..], quote)?;
            rest = after;
            Some((name.trim_ascii_end(), value))
        })
    }
}

/// Like its namesake; attributes are too short for a search that is set up first.
fn split_once(text: &str, at: u8) -> Option<(&str, &str)> {
    let found = text.bytes().position(|byte| byte == at)?;
    Some((&text[..found], &text[found + 1..]))
}

/// An attribute by the name it has without its prefix, its references resolved.
pub(in crate::source) fn attribute<'a>(element: &Element<'a>, name: &str) -> Option<Cow<'a, str>> {
    let (_, value) = element.attributes().find(|(key, _)| local(key) == name)?;
    if !value.contains('&') {
        return Some(Cow::Borrowed(value));
    }
    let mut resolved = String::with_capacity(value.len());
    let known = push_resolved(&mut resolved, value);
    Some(if known { Cow::Owned(resolved) } else { Cow::Borrowed(value) })
}

impl Text<'_> {
    /// Appends the text, line ends as XML has them and references resolved; whether all of these were known.
    #[must_use]
    pub(in crate::source) fn push_to(self, out: &mut String) -> bool {
        if !self.raw.bytes().any(|byte| matches!(byte, b'&' | b'\r')) {
            out.push_str(self.raw);
            return true;
        }
        let text = if self.raw.contains('\r') {
            Cow::Owned(self.raw.replace("\r\n", "\n").replace('\r', "\n"))
        } else {
            Cow::Borrowed(self.raw)
        };
        if self.literal {
            out.push_str(&text);
            return true;
        }
        push_resolved(out, &text)
    }

    /// The text as it stands in the file.
    pub(in crate::source) fn raw(&self) -> &str {
        self.raw
    }
}

/// Appends a text with its references resolved; whether all were known.
fn push_resolved(out: &mut String, text: &str) -> bool {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let end = after.bytes().take(REFERENCE_BYTES_MAX).position(|byte| byte == b';');
        let Some((end, c)) = end.and_then(|end| Some((end, resolve(&after[..end])?))) else { return false };
        out.push(c);
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    true
}

/// The character that a reference such as `amp` or `#229` means.
fn resolve(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|&c| c != '\0')
        }
    }
}

/// `_x000D_` is how Office writes a character that XML has no place for (ECMA-376 part 1, 22.4.2.4).
pub(in crate::source) fn unescape_office(text: &str) -> Cow<'_, str> {
    // A search for two bytes takes longer to set up than most texts take to look through for one.
    if memchr(b'_', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let Some(first) = text.find("_x") else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    let unit = |text: &str| {
        let hex = text.strip_prefix("_x")?.get(..4)?;
        let ends = text.as_bytes().get(6) == Some(&b'_') && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        u16::from_str_radix(hex, 16).ok().filter(|_| ends)
    };
    while let Some(at) = rest.find("_x") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(high) = unit(rest) else {
            out.push_str("_x");
            rest = &rest[2..];
            continue;
        };
        if let Some(c) = char::from_u32(u32::from(high)) {
            out.push(c);
            rest = &rest[7..];
            continue;
        }
        // Two halves of one character.
        match unit(&rest[7..]).and_then(|low| char::decode_utf16([high, low]).next()?.ok()) {
            Some(c) => {
                out.push(c);
                rest = &rest[14..];
            }
            None => {
                out.push(char::REPLACEMENT_CHARACTER);
                rest = &rest[7..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn office_escapes_are_read_once() {
        assert_eq!(unescape_office("a_x000D_b_x005F_x0041_"), "a\rb_x0041_");
        assert_eq!(unescape_office("_xD83D__xDE00_ _xD83D_ _x12_ _xäöü_ _x"), "😀 \u{fffd} _x12_ _xäöü_ _x");
    }
}
