//! Which of the three languages a text is in.

use chamada_domain::Locale;
use whatlang::{Detector, Lang};

/// How much of the text is looked at, in bytes.
const SAMPLE: usize = 4_096;

/// Guesses the language of `text` (trigrams, `whatlang`); none where it seems to be another, or where there is too little to tell.
///
/// `declared` is the sender's word (Content-Language, Accept-Language): it decides where the text does not.
pub(crate) fn guess(text: &str, declared: Option<&str>) -> Option<Locale> {
    let sample = &text[..text.floor_char_boundary(SAMPLE)];
    // Close neighbours are told apart only among each other; the rest stand for 'another'.
    let neighbours = [
        Lang::Spa,
        Lang::Por,
        Lang::Eng,
        Lang::Fra,
        Lang::Ita,
        Lang::Deu,
        Lang::Cat,
        Lang::Nld,
        Lang::Ron,
    ];
    let told = Detector::with_allowlist(neighbours.to_vec()).detect(sample);
    let sure = told.filter(|info| info.is_reliable() || sample.split_whitespace().count() >= 5 && info.confidence() > 0.1);
    match sure.map(|info| info.lang()) {
        Some(Lang::Spa) => Some(Locale::Es),
        Some(Lang::Por) => Some(Locale::Pt),
        Some(Lang::Eng) => Some(Locale::En),
        Some(_) => None,
        None => declared.and_then(|tags| tags.split(',').find_map(|tag| Locale::from_tag(tag.trim()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_languages() {
        let es = "Hola, la terminal de pago no acepta tarjetas con chip desde esta mañana. ¿Pueden ayudarnos, por favor?";
        let pt = "Olá, o terminal de pagamento não aceita cartões com chip desde hoje cedo. Vocês podem nos ajudar, por favor?";
        let en = "Hello, the payment terminal has refused cards with a chip since this morning. Could you please help us?";
        assert_eq!(guess(es, None), Some(Locale::Es));
        assert_eq!(guess(pt, None), Some(Locale::Pt));
        assert_eq!(guess(en, None), Some(Locale::En));
        let de = "Guten Tag, das Zahlungsterminal nimmt seit heute Morgen keine Karten mit Chip mehr an. Können Sie uns bitte helfen?";
        assert_eq!(guess(de, Some("es")), None);
        assert_eq!(guess("ok", Some("pt-BR, en")), Some(Locale::Pt));
        assert_eq!(guess("", None), None);
    }
}
