//! Whether an answer speaks of the card that was sent, or of somebody else's.

use crate::model::{Channel, ContactCard, Echo, Identity, Member};

/// Phones that end in so many same digits are one, however the server writes it.
const PHONE_END: usize = 7;

/// Whether an answer is about another card: it has another name, and none of the contacts that were sent. The answer to
/// an earlier request looks so when it comes late, on a connection that is used again.
///
/// What has no contacts may come back in any form, and has a connection of its own.
pub fn is_about_another(card: &ContactCard, echo: &Echo) -> bool {
    let named = (card.name().map(str::trim), echo.name().map(str::trim));
    let same_name = named.0.is_some() && named.0 == named.1;
    if same_name || !card.has_identity() || echo.entries().len() == 0 {
        return false;
    }
    let is_back = |channel: Channel, sent: &str| {
        let sent = Identity::new(channel, sent).folded();
        let mut back = echo.entries().filter(|(of, _)| *of == channel);
        back.any(|(_, value)| is_same(channel, &sent, &Identity::new(channel, value).folded()))
    };
    !card.entries().any(|sent| match sent.member {
        Member::Channel(channel) => is_back(channel, sent.value),
        Member::Custom | Member::Name => false,
    })
}

/// Whether two folded entries may be one in two forms.
fn is_same(channel: Channel, sent: &str, back: &str) -> bool {
    let end = |digits: &str| digits.len().checked_sub(PHONE_END).map(|from| digits[from..].to_owned());
    let other_form = match channel {
        Channel::Voice => end(sent).is_some_and(|sent| Some(sent) == end(back)),
        // A domain has a form for people and one for machines.
        Channel::Email => match (sent.rsplit_once('@'), back.rsplit_once('@')) {
            (Some((sent, for_people)), Some((back, for_machines))) => {
                sent == back && [for_people, for_machines].iter().any(|it| !it.is_ascii() || it.contains("xn--"))
            }
            _ => false,
        },
        // `12345@facebook.com` and addresses of pages, as the vendor's samples have them.
        Channel::Facebook | Channel::Vk | Channel::Line => account(sent) == account(back),
    };
    sent == back || other_form
}

/// The account in what may be an address.
fn account(text: &str) -> &str {
    let text = text.trim_end_matches('/');
    let text = text.rsplit_once('/').map_or(text, |(_, last)| last);
    text.split_once('@').map_or(text, |(account, _)| account)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Entry, Origin};

    /// Whether what comes back is somebody else; each is a name and contacts.
    fn is_another(sent: &str, back: &str) -> bool {
        let channel = |contact: &str| if contact.contains('@') { Channel::Email } else { Channel::Voice };
        let parts = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let (sent, back) = (parts(sent), parts(back));
        let name = |name: &String| (name != "-").then(|| name.clone());
        let mut card = ContactCard::default();
        let mut add = |member, value: &str| card.add(Entry { member, label: "", value, origin: Origin(0) });
        name(&sent[0]).iter().for_each(|name| add(Member::Name, name));
        sent[1..].iter().for_each(|contact| add(Member::Channel(channel(contact)), contact));
        let mut echo = Echo::default();
        back[1..].iter().for_each(|contact| echo.add_entry(channel(contact), contact));
        name(&back[0]).iter().for_each(|name| echo.set_name(name));
        is_about_another(&card, &echo)
    }

    #[test]
    fn accounts_have_many_forms() {
        for (channel, sent, back) in [
            (Channel::Facebook, "12345", "12345@facebook.com"),
            (Channel::Vk, "https://vk.com/ada/", "ada"),
            (Channel::Line, "ada", "ada"),
        ] {
            assert!(is_same(channel, sent, back) && is_same(channel, back, sent), "{sent} and {back}");
        }
        assert!(!is_same(Channel::Facebook, "12345@facebook.com", "54321@facebook.com"));
        assert!(!is_same(Channel::Email, "a@x.se", "a@y.se"));
    }

    #[test]
    fn an_answer_about_somebody_else_has_another_name_and_none_of_the_contacts() {
        assert!(is_another("Ada a@x.se +46701740605", "Bo b@x.se +46701740606"));
        assert!(is_another("- a@x.se", "Bo b@x.se") && is_another("Ada a@x.se", "- b@x.se"));
        for (sent, back) in [
            ("Ada a@x.se", "Bo A@X.se b@x.se"),           // who shares a contact has one card
            ("Ada a@x.se b@x.se", "Bo b@x.se"),           // a contact was left out
            ("Ada a@x.se", "Ada b@x.se"),                 // all contacts were, or were changed
            ("Ada +46701740605", "Bo 070-1740605"),       // phones have many forms
            ("- b@exämple.se", "Bo b@xn--exmple-cua.se"), // and so have domains
            ("Ada a@x.se", "Bo"),                         // nothing is said of contacts
            ("Ada", "Bo b@x.se"),                         // nothing to know it by
        ] {
            assert!(!is_another(sent, back), "{sent} and {back}");
        }
    }
}
