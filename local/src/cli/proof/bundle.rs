//! Reading a bundle: piece by piece, and no further than its bounds.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use chamada_evidence::bundle::{MANIFEST, PAGE, README, TRANSCRIPT};
use chamada_evidence::check::{BundleProof, FoundFile, Texts, check as check_bundle};
use sha2::{Digest, Sha256};
use zip::{CompressionMethod, ZipArchive};

use super::layout::{Placed, is_filled};
use super::{Objection, unreadable};

/// The most files of a bundle: a history of some thousand entries with their files.
const MOST_FILES: usize = 100_000;

/// The most bytes of a text, unpacked: a history's longest has some tens of MB. All else lies there as it is, and is read and not kept.
const LONGEST_TEXT: u64 = 256 << 20;

/// The record at the end of an archive without a comment (APPNOTE.TXT 4.3.16), and where in it the number of files stands.
const END: (i64, usize) = (22, 10);
/// How that record begins.
const SIGNATURE: &[u8] = b"PK\x05\x06";

pub(super) fn check(path: &Path) -> Result<BundleProof, Objection> {
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let stated = files_stated(&mut file).map_err(|error| unreadable(path, &error))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| unreadable(path, &error))?;
    // A name that stands there twice is read once.
    let counted = u16::try_from(archive.len()).unwrap_or(u16::MAX);
    if archive.len() > MOST_FILES || stated != Some(counted) {
        return Err(Objection::Invalid(
            "a file lies in it twice, or too many do, or something stands behind its end".into(),
        ));
    }
    let (mut found, mut texts, mut placed) = (BTreeMap::new(), Texts::default(), Vec::new());
    for place in 0..archive.len() {
        let mut entry = archive.by_index(place).map_err(|error| unreadable(path, &error))?;
        let name = entry.name().map_err(|error| unreadable(path, &error))?.into_owned();
        placed.push(Placed {
            name: entry.name_raw().to_vec(),
            begins: entry.header_start(),
            packed: entry.compressed_size(),
        });
        let kept = match name.as_str() {
            MANIFEST => Some(&mut texts.manifest),
            TRANSCRIPT => Some(&mut texts.transcript),
            PAGE => Some(&mut texts.page),
            README => Some(&mut texts.readme),
            _ => None,
        };
        if kept.is_none() && entry.compression() != CompressionMethod::Stored {
            return Err(Objection::Invalid(format!("{name} is compressed, which no bundle's files are")));
        }
        if !entry.is_file() || entry.is_symlink() {
            return Err(Objection::Invalid(format!("{name} is no file")));
        }
        let seen = take_in(&mut entry, kept).map_err(|error| match error.kind() {
            std::io::ErrorKind::FileTooLarge => Objection::Invalid(format!("{name} is too long")),
            _ => Objection::Invalid(format!("{name} was altered: {error}")),
        })?;
        if let Some(twice) = found.insert(name.clone(), seen) {
            return Err(Objection::Invalid(format!("{name} lies in it twice ({} bytes)", twice.size)));
        }
    }
    let directory = archive.central_directory_start();
    if !is_filled(&mut archive.into_inner(), placed, directory).map_err(|error| unreadable(path, &error))? {
        return Err(Objection::Invalid(
            "something lies between its files, or one has another name there than in its directory".into(),
        ));
    }
    Ok(check_bundle(&texts, &found)?)
}

/// How many files the archive says that it has; nothing where it does not end with what says it.
fn files_stated(file: &mut File) -> std::io::Result<Option<u16>> {
    let mut end = [0; 22];
    file.seek(SeekFrom::End(-END.0))?;
    file.read_exact(&mut end)?;
    file.rewind()?;
    let stated = u16::from_le_bytes([end[END.1], end[END.1 + 1]]);
    Ok(end.starts_with(SIGNATURE).then_some(stated))
}

/// Reads a file to its end; keeps it where that is wanted.
fn take_in(entry: &mut impl Read, mut kept: Option<&mut Vec<u8>>) -> std::io::Result<FoundFile> {
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
        if kept.is_some() && size > LONGEST_TEXT {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        digest.update(bytes);
        if let Some(kept) = kept.as_mut() {
            kept.extend_from_slice(bytes);
        }
    }
}
