//! Where the files of an archive lie. Its directory stands at the end, yet some programs unpack from front to back and go by what stands before each
//! file: both must read the same, and no byte may lie between the files that one of them alone would see (APPNOTE.TXT 4.3.6 to 4.3.9).

use std::io::{Read, Result, Seek, SeekFrom};

/// The fixed part of what stands before a file, how it begins, and where in it flags, length of the name, and length of what comes behind that stand.
const HEADER: usize = 30;
const SIGNATURE: &[u8] = b"PK\x03\x04";
const FLAGS: usize = 6;
const NAME_LENGTH: usize = 26;
const EXTRA_LENGTH: usize = 28;

/// The flag that says that checksum and sizes stand behind the file; and how many bytes those are: without and with a signature, short and long.
const BEHIND: u16 = 1 << 3;
const DESCRIPTORS: [u64; 4] = [12, 16, 20, 24];

/// A file as the directory has it.
pub(super) struct Placed {
    /// Its name's bytes.
    pub(super) name: Vec<u8>,
    /// Where what stands before it begins.
    pub(super) begins: u64,
    /// How many bytes it takes, packed.
    pub(super) packed: u64,
}

/// Whether the files fill the archive from its first byte to its directory, each under the name that the directory has.
pub(super) fn is_filled(archive: &mut (impl Read + Seek), mut files: Vec<Placed>, directory: u64) -> Result<bool> {
    files.sort_by_key(|file| file.begins);
    let mut free = 0;
    let nexts: Vec<u64> = files.iter().skip(1).map(|file| file.begins).chain([directory]).collect();
    for (file, next) in files.iter().zip(nexts) {
        if file.begins != free {
            return Ok(false);
        }
        archive.seek(SeekFrom::Start(file.begins))?;
        let mut header = [0; HEADER];
        archive.read_exact(&mut header)?;
        let number = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        let mut name = vec![0; usize::from(number(NAME_LENGTH))];
        archive.read_exact(&mut name)?;
        if !header.starts_with(SIGNATURE) || name != file.name {
            return Ok(false);
        }
        let data = file.begins + (HEADER + name.len()) as u64 + u64::from(number(EXTRA_LENGTH));
        let behind = next.checked_sub(data.saturating_add(file.packed));
        let descriptor = number(FLAGS) & BEHIND != 0;
        if !behind.is_some_and(|bytes| if descriptor { DESCRIPTORS.contains(&bytes) } else { bytes == 0 }) {
            return Ok(false);
        }
        free = next;
    }
    Ok(free == directory)
}
