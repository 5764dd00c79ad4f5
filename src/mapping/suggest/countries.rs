//! What people call countries, so that a column of names can tell whose the national phone numbers are.

/// Two letters, and the names in lower case: English, the country's own, and those of its neighbours.
const NAMES: &[(&str, &str)] = &[
    ("SE", "sweden|sverige|schweden|suède|suecia|ruotsi|svezia|zweden|szwecja|suécia"),
    ("NO", "norway|norge|noreg|norwegen|norvège|noruega|norja|norvegia|noorwegen|norwegia"),
    ("DK", "denmark|danmark|dänemark|danemark|dinamarca|tanska|danimarca|denemarken|dania"),
    ("FI", "finland|suomi|finnland|finlande|finlandia|finlândia"),
    ("IS", "iceland|island|ísland|islande|islandia|islanti|ijsland"),
    ("DE", "germany|deutschland|tyskland|allemagne|alemania|saksa|germania|duitsland|niemcy|alemanha"),
    ("AT", "austria|österreich|österrike|østerrike|østrig|autriche|itävalta|oostenrijk"),
    ("CH", "switzerland|schweiz|suisse|svizzera|sveits|suiza|sveitsi|zwitserland|szwajcaria|suíça"),
    ("FR", "france|frankreich|frankrike|frankrig|francia|ranska|frankrijk|francja|frança"),
    ("ES", "spain|españa|spanien|spania|espagne|espanja|spagna|spanje|hiszpania|espanha"),
    ("PT", "portugal|portugali|portogallo|portugalia"),
    ("IT", "italy|italia|italien|italie|italië|włochy|itália"),
    ("NL", "netherlands|the netherlands|nederland|nederländerna|niederlande|nederlandene|pays-bas|holland|alankomaat"),
    ("BE", "belgium|belgië|belgique|belgien|belgia|bélgica|belgio"),
    ("LU", "luxembourg|luxemburg|lëtzebuerg"),
    ("GB", "united kingdom|uk|great britain|england|scotland|storbritannien|storbritannia|großbritannien|royaume-uni"),
    ("IE", "ireland|éire|irland|irlande|irlanda|irlanti|ierland|irlandia"),
    ("PL", "poland|polska|polen|pologne|polonia|puola|polónia"),
    ("EE", "estonia|eesti|estland|viro|estonie"),
    ("LV", "latvia|latvija|lettland|lettonie|letland"),
    ("LT", "lithuania|lietuva|litauen|lituanie|liettua"),
    ("CZ", "czech republic|czechia|česko|česká republika|tjeckien|tschechien|tsjekkia|tjekkiet"),
    ("US", "united states|united states of america|usa|u.s.a.|förenta staterna|vereinigte staaten|états-unis"),
    ("CA", "canada|kanada"),
];

/// The two letters of a country that a text names; letters that are a country's already stay as they are.
pub(super) fn named(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    let is_meant = |(code, names): &&(&'static str, &str)| {
        code.eq_ignore_ascii_case(&text) || names.split('|').any(|name| name == text)
    };
    NAMES.iter().find(is_meant).map(|(code, _)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::is_country;

    #[test]
    fn countries_are_known_by_their_names() {
        assert_eq!(named("Sverige"), Some("SE"));
        assert_eq!(named("DEUTSCHLAND"), Some("DE"));
        assert_eq!(named("Österreich"), Some("AT"));
        assert_eq!(named("no"), Some("NO"));
        assert_eq!(named("Atlantis"), None);
        assert_eq!(named(""), None);
    }

    #[test]
    fn every_name_means_one_country_whose_numbers_are_known() {
        let mut seen = std::collections::HashSet::new();
        for (code, names) in NAMES {
            assert!(is_country(code), "{code}");
            for name in names.split('|') {
                assert!(seen.insert(name) && name == name.to_lowercase(), "{name}");
            }
        }
    }
}
