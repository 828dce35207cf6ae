//! The few words that Chamada itself puts into a ticket made of a mail.

use chamada_domain::Locale;

/// The title of a ticket whose mail has neither subject nor text.
pub(crate) fn no_subject(locale: Locale) -> &'static str {
    match locale {
        Locale::Es => "Mensaje sin asunto",
        Locale::Pt => "Mensagem sem assunto",
        Locale::En => "Message without subject",
    }
}

/// What stands before the beginning of a message that is too large.
pub(crate) fn too_large(locale: Locale) -> &'static str {
    match locale {
        Locale::Es => "[Mensaje demasiado grande: quedó en el buzón. Este es su comienzo.]",
        Locale::Pt => "[Mensagem grande demais: ficou na caixa de correio. Este é o seu começo.]",
        Locale::En => "[Message too large, left in the mailbox. This is its beginning.]",
    }
}
