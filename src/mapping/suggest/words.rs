//! What columns are called, in English, Swedish, German, French, Spanish, Norwegian, Danish, Finnish, Italian, Dutch,
//! Polish and Portuguese.

/// What a column may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The whole name.
    FullName,
    /// The first name.
    FirstName,
    /// What stands between first and last name.
    MiddleName,
    /// The last name.
    LastName,
    /// E-mail addresses.
    Email,
    /// Phone numbers.
    Phone,
    /// A Facebook account.
    Facebook,
    /// A VK account.
    Vk,
    /// A LINE account.
    Line,
    /// The street, with the number of the house.
    Street,
    /// The postal code.
    PostalCode,
    /// The town.
    City,
    /// The country.
    Country,
    /// Worth keeping as a custom value.
    Custom,
}

impl Role {
    /// Every role, in the order in which they are offered.
    pub const ALL: [Role; 14] = [
        Role::FullName,
        Role::FirstName,
        Role::MiddleName,
        Role::LastName,
        Role::Email,
        Role::Phone,
        Role::Facebook,
        Role::Vk,
        Role::Line,
        Role::Street,
        Role::PostalCode,
        Role::City,
        Role::Country,
        Role::Custom,
    ];

    /// In one word, which people can type.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::FullName => "name",
            Role::FirstName => "first",
            Role::MiddleName => "middle",
            Role::LastName => "last",
            Role::Email => "email",
            Role::Phone => "phone",
            Role::Facebook => "facebook",
            Role::Vk => "vk",
            Role::Line => "line",
            Role::Street => "street",
            Role::PostalCode => "postcode",
            Role::City => "city",
            Role::Country => "country",
            Role::Custom => "custom",
        }
    }
}

/// How well a header says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// A word of several.
    Part,
    /// The whole header, numbers apart.
    Whole,
}

/// Words that a header may consist of. A word here is folded: lower case, letters and digits only.
const WHOLE: &[(Role, &str)] = &[
    (
        Role::FullName,
        "name fullname contactname displayname customername personname namn fulltnamn vollername \
         namevollständig nom nomcomplet nombre nombrecompleto navn fulltnavn fuldenavn nimi kokonimi \
         kontakt kund kunde nome nomecompleto nomecompleta naam volledigenaam imięinazwisko",
    ),
    (
        Role::FirstName,
        "firstname givenname forename fname förnamn tilltalsnamn vorname prénom prenom nombres \
         nombredepila fornavn etunimi voornaam imię primeironome",
    ),
    (
        Role::MiddleName,
        "middlename additionalname mellannamn zweitervorname weiterevornamen deuxièmeprénom mellomnavn \
         mellemnavn tussenvoegsel drugieimię",
    ),
    (
        Role::LastName,
        "lastname familyname surname lname efternamn nachname familienname nomdefamille apellido \
         apellidos etternavn efternavn sukunimi cognome achternaam nazwisko sobrenome apelido",
    ),
    (Role::Facebook, "facebook facebookid facebookaccount"),
    (Role::Vk, "vk vkontakte vkid"),
    (Role::Line, "line lineid"),
    (
        Role::Street,
        "street streetaddress address address1 addressline1 gata gatuadress adress postadress straße \
         strasse adresse anschrift rue calle dirección direccion gate gateadresse vej osoite katuosoite \
         mailingstreet homestreet businessstreet via indirizzo straat straatnaam adres ulica rua morada \
         endereço endereco",
    ),
    (
        Role::PostalCode,
        "postalcode postcode zip zipcode zippostalcode postnummer postnr plz postleitzahl codepostal \
         códigopostal codigopostal cp cap cep kodpocztowy postinumero mailingzippostalcode mailingpostalcode",
    ),
    (
        Role::City,
        "city town ort stad postort stadt wohnort ville ciudad by poststed kaupunki mailingcity \
         città citta plaats woonplaats miasto cidade",
    ),
    (
        Role::Country,
        "country countrycode countryregion land landskod landregion pays país pais maa mailingcountry \
         paese kraj",
    ),
    (
        Role::Custom,
        "id customerno customernumber customerid externalid kundnr kundnummer kundennummer kundennr \
         numéroclient kundenummer asiakasnumero contactid recordid memberno medlemsnummer company \
         companyname organization organisation organizationname accountname företag firma entreprise \
         société empresa bedrift virksomhed yritys title jobtitle titel befattning position funktion \
         poste cargo stilling titteli birthday dateofbirth födelsedag geburtstag geburtsdatum \
         datedenaissance fødselsdato syntymäaika note notes notizen bemerkung bemerkungen anteckning \
         anteckningar notering remarques notas notat huomautus comment comments kommentar tags labels \
         categories kategorier kategorien website webbplats hemsida webseite siteweb department avdelning \
         abteilung",
    ),
];

/// Beginnings or ends that make a word one of e-mails or phones, also in compounds such as `Hemtelefon`.
const EMAIL_STEMS: [&str; 10] =
    ["email", "epost", "mail", "courriel", "correo", "sähköposti", "epostadress", "emailadresse", "mejl", "correio"];
const PHONE_STEMS: [&str; 25] = [
    "phone",
    "mobile",
    "mobil",
    "cell",
    "telefon",
    "telephone",
    "téléphone",
    "teléfono",
    "telefono",
    "puhelin",
    "handy",
    "tel",
    "tlf",
    "gsm",
    "móvil",
    "movil",
    "portable",
    "rufnummer",
    "natel",
    "telefoon",
    "cellulare",
    "celular",
    "telemóvel",
    "komórka",
    "komórkowy",
];

/// Words beside which an e-mail or a phone is none of this person: a consent, a date, a kind; or somebody else's, which
/// would make one card of all who share it.
const VETOES: &str = "consent optin optout opted opt subscribed unsubscribed newsletter status type label verified bounce \
    bounced sent opened clicked date time count owner fax samtycke godkänt utskick einwilligung \
    zustimmung typ datum consentement consentimiento samtykke suostumus preference allowed permission \
    valid domain provider display quality sms quarantined reason phonetic yomi angezeigter name namn \
    assistant assistants assistent company firma växel switchboard visningsnamn manager supervisor chef \
    vorgesetzter emergency spouse parent guardian referrer";

/// What a header says its column holds, and how plainly; or the word that speaks against it.
pub(super) fn role(header: &str) -> Result<Option<(Role, Likeness)>, &'static str> {
    let words = words(header);
    let bare: Vec<&String> = words.iter().filter(|word| !word.bytes().all(|byte| byte.is_ascii_digit())).collect();
    let folded: String = bare.iter().map(|word| word.as_str()).collect();
    let whole = WHOLE.iter().find(|(_, names)| names.split_whitespace().any(|name| name == folded));
    if let Some((role, _)) = whole {
        return Ok(Some((*role, Likeness::Whole)));
    }
    let contact = contact(&bare, &folded);
    let veto = |veto: &&'static str| folded.contains("optin") || bare.iter().any(|word| word == veto);
    if contact.is_some()
        && let Some(veto) = VETOES.split_whitespace().find(veto)
    {
        return Err(veto);
    }
    Ok(contact)
}

fn contact(bare: &[&String], folded: &str) -> Option<(Role, Likeness)> {
    let has = |stems: &[&str]| {
        let whole = stems.contains(&folded)
            || ["address", "adress", "adresse", "number", "nummer", "value", "nr"]
                .iter()
                .any(|suffix| folded.strip_suffix(suffix).is_some_and(|rest| stems.contains(&rest)));
        // From the beginning of any word on: `E-post` is two words, and `Weitere Postleitzahl` is no e-mail.
        let begins = |stem: &str| {
            let mut rest = folded;
            bare.iter().any(|word| {
                let begins = rest.starts_with(stem);
                rest = &rest[word.len()..];
                begins
            })
        };
        let is_long = |stem: &&&str| stem.chars().count() >= 5;
        let part = || {
            stems.iter().filter(is_long).any(|stem| begins(stem) || bare.iter().any(|word| word.ends_with(stem)))
                || bare.iter().any(|word| stems.contains(&word.as_str()))
        };
        if whole {
            Some(Likeness::Whole)
        } else if part() {
            Some(Likeness::Part)
        } else {
            None
        }
    };
    let email = has(&EMAIL_STEMS).map(|likeness| (Role::Email, likeness));
    email.or_else(|| has(&PHONE_STEMS).map(|likeness| (Role::Phone, likeness)))
}

/// A header's words, folded: `E-mail 1 - Value` is `e`, `mail`, `1`, `value`; `emailAddress` is `email`, `address`.
fn words(header: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous_lower = false;
    for c in header.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && previous_lower) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(last) = words.last_mut()
        {
            last.extend(c.to_lowercase());
        }
        previous_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_many_languages_are_understood() {
        for (header, expected) in [
            ("E-mail", Role::Email),
            ("Email Address", Role::Email),
            ("E-mail 1 - Value", Role::Email),
            ("E-postadress", Role::Email),
            ("E-Mail-Adresse", Role::Email),
            ("Courriel", Role::Email),
            ("Correo electrónico", Role::Email),
            ("Sähköposti", Role::Email),
            ("Person - Email - Work", Role::Email),
            ("Phone Number", Role::Phone),
            ("Mobiltelefon", Role::Phone),
            ("Hemtelefon", Role::Phone),
            ("Telefon geschäftlich", Role::Phone),
            ("Téléphone portable", Role::Phone),
            ("Teléfono", Role::Phone),
            ("Puhelin", Role::Phone),
            ("MOBILEPHONE", Role::Phone),
            ("Tlf.", Role::Phone),
            ("First Name", Role::FirstName),
            ("firstName", Role::FirstName),
            ("Förnamn", Role::FirstName),
            ("Nachname", Role::LastName),
            ("Etunimi", Role::FirstName),
            ("Apellidos", Role::LastName),
            ("Full name", Role::FullName),
            ("PLZ", Role::PostalCode),
            ("Postnr", Role::PostalCode),
            ("Gatuadress", Role::Street),
            ("Kundnr.", Role::Custom),
            ("Facebook", Role::Facebook),
            ("Indirizzo e-mail", Role::Email),
            ("Cellulare", Role::Phone),
            ("Cognome", Role::LastName),
            ("Telefoonnummer", Role::Phone),
            ("Woonplaats", Role::City),
            ("Imię", Role::FirstName),
            ("Kod pocztowy", Role::PostalCode),
            ("Sobrenome", Role::LastName),
            ("Telemóvel", Role::Phone),
        ] {
            assert_eq!(role(header).map(|role| role.map(|(role, _)| role)), Ok(Some(expected)), "{header}");
        }
    }

    #[test]
    fn a_consent_is_no_contact() {
        for header in [
            "Email consent",
            "E-mail Type",
            "Phone 1 - Label",
            "Business Fax (phone)",
            "Email opt-in",
            "Phonetic First Name",
            "E-mail Display Name",
            "Last email sent date",
            "Manager Email",
            "Emergency phone",
        ] {
            assert!(role(header).is_err(), "{header}: {:?}", role(header));
        }
        for header in ["Weitere Postleitzahl", "Newsletter", "Price", "", "!?", "Status"] {
            assert_eq!(role(header), Ok(None), "{header}");
        }
    }
}
