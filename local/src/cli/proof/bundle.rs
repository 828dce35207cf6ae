//! Reading a bundle: piece by piece, and no further than its bounds.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use chamada_evidence::bundle::{MANIFEST, PAGE, README, TRANSCRIPT};
use chamada_evidence::check::{BundleProof, FoundFile, check as check_bundle};
use sha2::{Digest, Sha256};
use zip::{CompressionMethod, ZipArchive};

use super::{Objection, unreadable};

/// The most files of a bundle: a history of some thousand entries with their files.
const MOST_FILES: usize = 100_000;

/// The most bytes of a text, unpacked. All else lies there as it is, so that nothing unpacks to more than the bundle's own size.
const LONGEST_TEXT: u64 = 1 << 30;

/// The record at the end of an archive without a comment (APPNOTE.TXT 4.3.16), and where in it the number of files stands.
const END: (i64, usize) = (22, 10);

pub(super) fn check(path: &Path) -> Result<BundleProof, Objection> {
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let stated = files_stated(&mut file).map_err(|error| unreadable(path, &error))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| unreadable(path, &error))?;
    // A name that stands there twice is read once.
    let counted = u16::try_from(archive.len()).unwrap_or(u16::MAX);
    if archive.len() > MOST_FILES || stated != counted {
        return Err(Objection::Invalid("a file lies in it twice, or too many do".into()));
    }
    let (mut found, mut manifest, mut transcript) = (BTreeMap::new(), Vec::new(), Vec::new());
    for place in 0..archive.len() {
        let mut entry = archive.by_index(place).map_err(|error| unreadable(path, &error))?;
        let name = entry.name().map_err(|error| unreadable(path, &error))?.into_owned();
        let is_text = [MANIFEST, TRANSCRIPT, PAGE, README].contains(&name.as_str());
        if !is_text && entry.compression() != CompressionMethod::Stored {
            return Err(Objection::Invalid(format!("{name} is compressed, which no bundle's files are")));
        }
        let kept = match name.as_str() {
            MANIFEST => Some(&mut manifest),
            TRANSCRIPT => Some(&mut transcript),
            _ => None,
        };
        let seen = take_in(&mut entry, is_text, kept).map_err(|error| match error.kind() {
            std::io::ErrorKind::FileTooLarge => Objection::Invalid(format!("{name} is too long")),
            _ => Objection::Invalid(format!("{name} was altered: {error}")),
        })?;
        found.insert(name, seen);
    }
    Ok(check_bundle(&manifest, &transcript, &found)?)
}

/// How many files the archive says that it has.
fn files_stated(file: &mut File) -> std::io::Result<u16> {
    let mut end = [0; 22];
    file.seek(SeekFrom::End(-END.0))?;
    file.read_exact(&mut end)?;
    file.rewind()?;
    Ok(u16::from_le_bytes([end[END.1], end[END.1 + 1]]))
}

/// Reads a file to its end; keeps it where that is wanted.
fn take_in(entry: &mut impl Read, is_text: bool, mut kept: Option<&mut Vec<u8>>) -> std::io::Result<FoundFile> {
    let (mut size, mut digest, mut piece) = (0, Sha256::new(), vec![0; 256 * 1024]);
    loop {
        let read = entry.read(&mut piece)?;
        let bytes = piece.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(FoundFile {
                size,
                sha256: hex::encode(digest.finalize()),
            });
        }
        size += bytes.len() as u64;
        if is_text && size > LONGEST_TEXT {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        digest.update(bytes);
        if let Some(kept) = kept.as_mut() {
            kept.extend_from_slice(bytes);
        }
    }
}
