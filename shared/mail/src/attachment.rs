//! Files out of mails: harmless names, types by content.

use crate::incoming::Attachment;
use crate::parse::headers;
use crate::parse::structure::Leaf;

/// The longest file name, in bytes, ending included.
const LONGEST_NAME: usize = 200;

/// Characters that turn the direction of what follows and so hide a file's true ending.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Makes a sender's file name harmless: the last part of a path, no control characters or direction marks, none of the characters that a
/// file system refuses, no dots in front, bounded with its ending kept.
pub(crate) fn safe_name(name: &str) -> Option<String> {
    let spaced: String = name
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !turns_direction(*c))
        .collect();
    let last = spaced.rsplit(['/', '\\']).map(str::trim).find(|part| !part.is_empty())?;
    let plain: String = last.chars().map(|c| if "<>:\"|?*".contains(c) { '_' } else { c }).collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = plain.trim_start_matches('.').trim_end_matches(['.', ' ']).trim();
    (!plain.is_empty()).then(|| bounded(plain))
}

fn bounded(name: &str) -> String {
    if name.len() <= LONGEST_NAME {
        return name.to_owned();
    }
    let ending = name
        .rfind('.')
        .map(|at| &name[at..])
        .filter(|ending| ending.len() <= 16)
        .unwrap_or_default();
    let stem = name.floor_char_boundary(LONGEST_NAME - ending.len());
    format!("{}{ending}", &name[..stem])
}

/// The media type: what the bytes look like, or else what was declared, unless the bytes would have shown it.
fn media_type(declared: &str, bytes: &[u8]) -> String {
    let well_formed = declared.split_once('/').is_some_and(|(left, right)| {
        let token = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
        token(left) && token(right)
    });
    let declared = if well_formed && declared.len() <= 100 {
        declared
    } else {
        "application/octet-stream"
    };
    match infer::get(bytes).map(|kind| kind.mime_type()) {
        // Many formats are ZIP inside; the sender's word is finer, and no less harmless.
        // So it is with DER, of which infer knows no more than the first two bytes.
        Some("application/zip" | "application/x-x509-ca-cert")
            if declared.starts_with("application/") && declared != "application/octet-stream" =>
        {
            declared.to_owned()
        }
        Some(seen) => seen.to_owned(),
        None if ["image/", "audio/", "video/", "application/pdf", "application/zip"]
            .iter()
            .any(|p| declared.starts_with(p)) =>
        {
            // SVG is text, and iCalendar-like formats of these families are not sniffed; only SVG is in use.
            if declared == "image/svg+xml" {
                declared.to_owned()
            } else {
                "application/octet-stream".to_owned()
            }
        }
        None => declared.to_owned(),
    }
}

/// A name for a part that has none.
fn invented_name(kind: &str, bytes: &[u8], number: usize) -> String {
    if matches!(kind, "message/rfc822" | "message/global") {
        let (inner, _) = headers::split(bytes);
        let subject = inner
            .text("subject")
            .and_then(|subject| safe_name(&subject.replace(['/', '\\'], "-")));
        return bounded(&format!("{}.eml", subject.unwrap_or_else(|| format!("message-{number}"))));
    }
    let ending = infer::get(bytes).map_or_else(
        || match kind {
            "text/plain" => "txt",
            "text/html" => "html",
            "text/calendar" => "ics",
            "text/csv" => "csv",
            "message/delivery-status" | "text/rfc822-headers" => "txt",
            "application/ms-tnef" => "dat",
            "application/pgp-signature" => "asc",
            _ => "bin",
        },
        |seen| seen.extension(),
    );
    format!("attachment-{number}.{ending}")
}

/// The attachment that a part is; `number` counts from 1, for names.
pub(crate) fn from_leaf(leaf: &Leaf<'_>, inline: bool, number: usize) -> Attachment {
    let bytes = leaf.bytes(false);
    Attachment {
        name: leaf
            .file_name()
            .and_then(safe_name)
            .unwrap_or_else(|| invented_name(leaf.kind(), &bytes, number)),
        content_type: media_type(leaf.kind(), &bytes),
        content_id: leaf.content_id.clone(),
        inline: inline && leaf.disposition.value != "attachment" && leaf.content_id.is_some(),
        bytes,
    }
}

/// The attachment that an uuencoded file within a text is.
pub(crate) fn from_uuencoded(name: &str, bytes: Vec<u8>, number: usize) -> Attachment {
    Attachment {
        name: safe_name(name).unwrap_or_else(|| invented_name("", &bytes, number)),
        content_type: media_type("application/octet-stream", &bytes),
        content_id: None,
        inline: false,
        bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_harmless() {
        let name = |text: &str| safe_name(text).unwrap_or_default();
        assert_eq!(name("../../etc/passwd"), "passwd");
        assert_eq!(name("C:\\Users\\x\\a.txt"), "a.txt");
        assert_eq!(name("a\r\n b\0.txt"), "a b .txt");
        assert_eq!(name("invoice\u{202e}fdp.exe"), "invoicefdp.exe");
        assert_eq!(name("..."), "");
        assert_eq!(name(".htaccess"), "htaccess");
        assert_eq!(name("a:b?.txt"), "a_b_.txt");
        let long = name(&format!("{}.pdf", "ñ".repeat(300)));
        assert!(long.len() <= LONGEST_NAME && long.ends_with("ñ.pdf"));
    }

    #[test]
    fn types_are_what_the_bytes_are() {
        assert_eq!(media_type("text/plain", b"%PDF-1.4"), "application/pdf");
        assert_eq!(media_type("image/png", b"hello"), "application/octet-stream");
        assert_eq!(media_type("text/csv", b"a,b"), "text/csv");
        assert_eq!(media_type("text/<x>", b"a"), "application/octet-stream");
    }
}
