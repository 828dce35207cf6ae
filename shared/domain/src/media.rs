//! Which files may hang on a ticket, and whether a file's first bytes are what its type says.

/// A kind of file that is allowed.
struct Allowed {
    /// File name endings, lower case.
    extensions: &'static [&'static str],
    /// Media types that browsers and mail programs give it; the first is the usual one.
    types: &'static [&'static str],
    /// What its first bytes must look like.
    signature: Signature,
}

/// How the first bytes of a kind of file look.
enum Signature {
    /// One of these, at the beginning.
    Begins(&'static [&'static [u8]]),
    /// These at an offset.
    At(usize, &'static [&'static [u8]]),
    /// Text: no NUL byte, and no program's beginning.
    Text,
}

const ZIP: Signature = Signature::Begins(&[b"PK\x03\x04", b"PK\x05\x06"]);
const OLE: Signature = Signature::Begins(&[b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]);
const FTYP: Signature = Signature::At(4, &[b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip"]);

/// The list of API.md, 'Attachments'.
const ALLOWED: &[Allowed] = &[
    Allowed {
        extensions: &["txt", "text"],
        types: &["text/plain"],
        signature: Signature::Text,
    },
    Allowed {
        extensions: &["csv"],
        types: &["text/csv", "text/plain", "application/vnd.ms-excel"],
        signature: Signature::Text,
    },
    Allowed {
        extensions: &["log"],
        types: &["text/plain", "text/x-log", "application/octet-stream"],
        signature: Signature::Text,
    },
    Allowed {
        extensions: &["eml"],
        types: &["message/rfc822", "text/plain"],
        signature: Signature::Text,
    },
    Allowed {
        extensions: &["pdf"],
        types: &["application/pdf"],
        signature: Signature::Begins(&[b"%PDF-"]),
    },
    Allowed {
        extensions: &["doc"],
        types: &["application/msword"],
        signature: OLE,
    },
    Allowed {
        extensions: &["xls"],
        types: &["application/vnd.ms-excel"],
        signature: OLE,
    },
    Allowed {
        extensions: &["ppt"],
        types: &["application/vnd.ms-powerpoint"],
        signature: OLE,
    },
    Allowed {
        extensions: &["docx"],
        types: &["application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
        signature: ZIP,
    },
    Allowed {
        extensions: &["xlsx"],
        types: &["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
        signature: ZIP,
    },
    Allowed {
        extensions: &["pptx"],
        types: &["application/vnd.openxmlformats-officedocument.presentationml.presentation"],
        signature: ZIP,
    },
    Allowed {
        extensions: &["odt"],
        types: &["application/vnd.oasis.opendocument.text"],
        signature: ZIP,
    },
    Allowed {
        extensions: &["ods"],
        types: &["application/vnd.oasis.opendocument.spreadsheet"],
        signature: ZIP,
    },
    Allowed {
        extensions: &["zip"],
        types: &["application/zip", "application/x-zip-compressed"],
        signature: ZIP,
    },
    Allowed {
        extensions: &["gif"],
        types: &["image/gif"],
        signature: Signature::Begins(&[b"GIF87a", b"GIF89a"]),
    },
    Allowed {
        extensions: &["png"],
        types: &["image/png"],
        signature: Signature::Begins(&[b"\x89PNG\r\n\x1a\n"]),
    },
    Allowed {
        extensions: &["jpg", "jpeg"],
        types: &["image/jpeg", "image/jpg"],
        signature: Signature::Begins(&[b"\xff\xd8\xff"]),
    },
    Allowed {
        extensions: &["webp"],
        types: &["image/webp"],
        signature: Signature::At(8, &[b"WEBP"]),
    },
    Allowed {
        extensions: &["heic", "heif"],
        types: &["image/heic", "image/heif"],
        signature: Signature::At(4, &[b"ftyp"]),
    },
    Allowed {
        extensions: &["mp4"],
        types: &["video/mp4"],
        signature: FTYP,
    },
    Allowed {
        extensions: &["mov"],
        types: &["video/quicktime"],
        signature: FTYP,
    },
    Allowed {
        extensions: &["webm"],
        types: &["video/webm", "audio/webm"],
        signature: Signature::Begins(&[b"\x1a\x45\xdf\xa3"]),
    },
    Allowed {
        extensions: &["m4a"],
        types: &["audio/mp4", "audio/x-m4a", "audio/m4a"],
        signature: FTYP,
    },
    Allowed {
        extensions: &["mp3"],
        types: &["audio/mpeg", "audio/mp3"],
        signature: Signature::Begins(&[b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa"]),
    },
];

/// How programs begin: ELF, Windows PE, Mach-O, Java, scripts. Refused under any name.
const PROGRAMS: &[&[u8]] = &[
    b"\x7fELF",
    b"MZ",
    b"\xcf\xfa\xed\xfe",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xca\xfe\xba\xbe",
    b"#!",
    b"dex\n",
];

/// How many of a file's first bytes [`matches_type`] looks at.
pub const SNIFFED_BYTES: usize = 512;

/// The longest file name, in characters.
pub const MAX_NAME: usize = 200;

/// Whether a file of this name and media type may hang on a ticket.
#[must_use]
pub fn is_allowed(name: &str, content_type: &str) -> bool {
    find(name, content_type).is_some()
}

/// The usual media type for a file name's ending; nothing where files of that ending are not allowed.
#[must_use]
pub fn type_of_name(name: &str) -> Option<&'static str> {
    let extension = extension(name)?;
    ALLOWED
        .iter()
        .find(|allowed| allowed.extensions.contains(&extension.as_str()))?
        .types
        .first()
        .copied()
}

/// Whether a file's first bytes are those of the kind that its name and media type claim.
#[must_use]
pub fn matches_type(name: &str, content_type: &str, first_bytes: &[u8]) -> bool {
    let Some(allowed) = find(name, content_type) else { return false };
    if PROGRAMS.iter().any(|beginning| first_bytes.starts_with(beginning)) {
        return false;
    }
    match &allowed.signature {
        Signature::Begins(beginnings) => beginnings.iter().any(|beginning| first_bytes.starts_with(beginning)),
        Signature::At(offset, marks) => marks
            .iter()
            .any(|mark| first_bytes.get(*offset..).is_some_and(|rest| rest.starts_with(mark))),
        // UTF-16 text, as Windows' Notepad writes it, begins with a byte order mark and is full of NULs.
        Signature::Text => first_bytes.starts_with(b"\xff\xfe") || first_bytes.starts_with(b"\xfe\xff") || !first_bytes.contains(&0),
    }
}

/// Whether a browser may show a file of this type where it stands; all others are downloaded.
#[must_use]
pub fn is_shown_inline(content_type: &str) -> bool {
    let kind = essence(content_type);
    let raster = kind.starts_with("image/") && kind != "image/svg+xml";
    raster || kind.starts_with("video/") || kind.starts_with("audio/") || kind == "application/pdf" || kind == "text/plain"
}

fn find(name: &str, content_type: &str) -> Option<&'static Allowed> {
    let extension = extension(name)?;
    let kind = essence(content_type);
    ALLOWED
        .iter()
        .find(|allowed| allowed.extensions.contains(&extension.as_str()) && allowed.types.contains(&kind.as_str()))
}

fn extension(name: &str) -> Option<String> {
    name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase())
}

/// A media type without its parameters (RFC 9110 §8.3.1).
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_type_must_agree() {
        assert!(is_allowed("foto.JPG", "image/jpeg"));
        assert!(is_allowed("nota.txt", "text/plain; charset=utf-8"));
        for (name, kind) in [
            ("a.exe", "image/png"),
            ("a.png", "text/html"),
            ("a", "text/plain"),
            ("a.svg", "image/svg+xml"),
            ("a.html", "text/html"),
        ] {
            assert!(!is_allowed(name, kind), "{name} {kind}");
        }
    }

    #[test]
    fn programs_are_refused_under_any_name() {
        assert!(matches_type("a.txt", "text/plain", b"hola"));
        for beginning in [&b"MZ\x90\0"[..], b"\x7fELF\x02", b"#!/bin/sh\n"] {
            assert!(!matches_type("a.txt", "text/plain", beginning));
            assert!(!matches_type("a.zip", "application/zip", beginning));
        }
        assert!(!matches_type("a.png", "image/png", b"\xff\xd8\xff\xe0"));
        assert!(matches_type("a.webp", "image/webp", b"RIFF\x10\0\0\0WEBPVP8 "));
        assert!(!matches_type("a.webp", "image/webp", b"RIFF"));
    }

    #[test]
    fn nothing_that_runs_is_shown_inline() {
        assert!(is_shown_inline("image/png") && is_shown_inline("text/plain; charset=utf-8") && is_shown_inline("application/pdf"));
        assert!(!is_shown_inline("image/svg+xml") && !is_shown_inline("text/html") && !is_shown_inline("text/csv"));
    }
}
