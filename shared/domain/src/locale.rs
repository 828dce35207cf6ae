//! The three languages.

use serde::{Deserialize, Serialize};

/// A language that Chamada speaks with people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// Spanish, the default.
    #[default]
    Es,
    /// Portuguese.
    Pt,
    /// English.
    En,
}

impl Locale {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Es, Self::Pt, Self::En];

    /// The two-letter tag (BCP 47).
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Es => "es",
            Self::Pt => "pt",
            Self::En => "en",
        }
    }

    /// Reads a tag such as `pt`, `pt-BR` or `EN_us`; nothing where it is another language.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        Self::ALL.into_iter().find(|locale| locale.tag() == language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_with_regions_are_read() {
        assert_eq!(Locale::from_tag("pt-BR"), Some(Locale::Pt));
        assert_eq!(Locale::from_tag("EN_us"), Some(Locale::En));
        assert_eq!(Locale::from_tag("fr"), None);
        assert_eq!(Locale::from_tag(""), None);
    }
}
