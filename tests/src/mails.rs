//! Mails as customers write them, put together by hand: the code under test must not be fed by the code under test.

use base64::Engine as _;

/// A mail to be delivered.
#[derive(Clone, Debug)]
pub struct Draft {
    /// `Name <address>` or an address.
    pub from: String,
    /// The same.
    pub to: String,
    /// In UTF-8; encoded as RFC 2047 asks.
    pub subject: String,
    /// Without angle brackets; empty: none.
    pub message_id: String,
    /// Message-IDs of what is answered, oldest first.
    pub references: Vec<String>,
    /// Plain text in UTF-8, lines ended by LF.
    pub body: String,
    /// (name, content type, bytes).
    pub attachments: Vec<(String, String, Vec<u8>)>,
    /// Further header lines, each without its line end.
    pub headers: Vec<String>,
}

impl Draft {
    /// A new mail to the help desk.
    #[must_use]
    pub fn new(from: &str, subject: &str, message_id: &str, body: &str) -> Self {
        Self {
            from: from.into(),
            to: "soporte@example.org".into(),
            subject: subject.into(),
            message_id: message_id.into(),
            references: Vec::new(),
            body: body.into(),
            attachments: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// An answer to a mail of ours, as mail programs make it: To from Reply-To, the thread's ids, the quoted text below.
    #[must_use]
    pub fn answer(to: &crate::outbox::Sent, from: &str, message_id: &str, body: &str) -> Self {
        let quoted: String = to.text.lines().take(12).map(|line| format!("> {line}\n")).collect();
        let mut references = to.references.clone();
        references.push(to.message_id.clone());
        Self {
            to: to.reply_to.clone(),
            references,
            ..Self::new(
                from,
                &format!("Re: {}", to.subject),
                message_id,
                &format!("{body}\n\nOn Mon, 2 Mar 2026 at 10:00, Support wrote:\n{quoted}"),
            )
        }
    }

    /// With one more attachment.
    #[must_use]
    pub fn with_attachment(mut self, name: &str, content_type: &str, bytes: &[u8]) -> Self {
        self.attachments.push((name.into(), content_type.into(), bytes.to_vec()));
        self
    }

    /// With one more header line.
    #[must_use]
    pub fn with_header(mut self, line: &str) -> Self {
        self.headers.push(line.into());
        self
    }

    /// The mail, with CRLF line ends.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut text = format!(
            "From: {}\nTo: {}\nSubject: {}\nDate: Mon, 02 Mar 2026 10:00:00 +0000\n",
            self.from,
            self.to,
            encoded(&self.subject)
        );
        if !self.message_id.is_empty() {
            text += &format!("Message-ID: <{}>\n", self.message_id);
        }
        if let Some(last) = self.references.last() {
            let all: Vec<String> = self.references.iter().map(|id| format!("<{id}>")).collect();
            text += &format!("In-Reply-To: <{last}>\nReferences: {}\n", all.join("\n "));
        }
        for line in &self.headers {
            text += &format!("{line}\n");
        }
        text += "MIME-Version: 1.0\n";
        text += &if self.attachments.is_empty() {
            part("text/plain; charset=utf-8", "", self.body.as_bytes())
        } else {
            self.multipart()
        };
        text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes()
    }

    fn multipart(&self) -> String {
        let mut text = "Content-Type: multipart/mixed; boundary=\"kit-boundary\"\n\n".to_owned();
        text += &format!("--kit-boundary\n{}", part("text/plain; charset=utf-8", "", self.body.as_bytes()));
        for (name, content_type, bytes) in &self.attachments {
            let disposition = format!("Content-Disposition: attachment; filename=\"{name}\"\n");
            text += &format!("\n--kit-boundary\n{}", part(content_type, &disposition, bytes));
        }
        text + "\n--kit-boundary--\n"
    }
}

fn part(content_type: &str, headers: &str, bytes: &[u8]) -> String {
    let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
    let lines: Vec<String> = encoded
        .as_bytes()
        .chunks(76)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    format!(
        "Content-Type: {content_type}\n{headers}Content-Transfer-Encoding: base64\n\n{}\n",
        lines.join("\n")
    )
}

/// RFC 2047, one encoded word for up to 30 characters, so that none is over 75 bytes.
fn encoded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let word = |part: &[char]| {
        let part: String = part.iter().collect();
        format!("=?utf-8?B?{}?=", base64::engine::general_purpose::STANDARD.encode(part))
    };
    characters.chunks(10).map(word).collect::<Vec<_>>().join("\n ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail_parser::{MessageParser, MimeHeaders as _};

    #[test]
    fn a_draft_is_read_back_as_it_was_meant() {
        let draft = Draft::new(
            "Ana Pérez <ana@example.com>",
            "La impresora del almacén no imprime, ¿qué hago?",
            "a@example.com",
            "Hola:\nñandú\n",
        )
        .with_attachment("foto.png", "image/png", &[0, 1, 2, 255])
        .with_header("X-Test: 1");
        let bytes = draft.bytes();
        let mail = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(mail.subject(), Some("La impresora del almacén no imprime, ¿qué hago?"));
        assert_eq!(mail.body_text(0).unwrap().replace("\r\n", "\n"), "Hola:\nñandú\n");
        assert_eq!(mail.message_id(), Some("a@example.com"));
        let file = mail.attachment(0).unwrap();
        assert_eq!((file.attachment_name(), file.contents()), (Some("foto.png"), &[0, 1, 2, 255][..]));
        assert!(mail.header_raw("X-Test").is_some());
        assert!(
            bytes.split(|b| *b == b'\n').all(|line| line.len() <= 78),
            "no line is over 78 bytes"
        );
    }
}
