//! What is held of an archive while it is written.

use std::future::Future;
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use chamada_platform::{LEAST_PART, ServiceError};
use evidence::{Archive, Parts};

/// Parts that are counted and forgotten.
#[derive(Default)]
struct Counted {
    sizes: Vec<usize>,
    most: AtomicUsize,
}

impl Parts for Counted {
    fn put(&mut self, bytes: Bytes) -> impl Future<Output = Result<(), ServiceError>> + Send {
        self.sizes.push(bytes.len());
        self.most.fetch_max(bytes.len(), Ordering::SeqCst);
        std::future::ready(Ok(()))
    }
}

#[tokio::test]
async fn of_twenty_files_no_more_than_a_part_is_ever_held() {
    let mut archive = Archive::new(Counted::default());
    // Pieces larger than S3 sends. In the short tests files are smaller than allowed, since hashing a gigabyte takes minutes: what is held does not
    // depend on it.
    let piece = vec![b'a'; 5 << 20];
    let pieces: usize = if chamada_tests::env::long() { 10 } else { 2 };
    let size = pieces * piece.len();
    for file in 0..20 {
        archive.begin(&format!("attachments/{file}"), size as u64, false).unwrap();
        for _ in 0..pieces {
            archive.write(&piece).await.unwrap();
        }
        archive.end().unwrap();
    }
    let (parts, most_waiting) = archive.finish().await.map_err(|(_, error)| error).unwrap();
    let whole: usize = parts.sizes.iter().sum();
    assert!(whole > 20 * size, "{whole} bytes went on");
    assert!(most_waiting < 10 << 20, "{most_waiting} bytes waited");
    assert!(parts.most.load(Ordering::SeqCst) < 10 << 20);
    let (_, full) = parts.sizes.split_last().unwrap();
    assert!(full.iter().all(|size| *size >= LEAST_PART), "S3 takes no smaller parts");
}

/// Parts that are kept.
struct Kept(Vec<u8>);

impl Parts for Kept {
    fn put(&mut self, bytes: Bytes) -> impl Future<Output = Result<(), ServiceError>> + Send {
        self.0.extend_from_slice(&bytes);
        std::future::ready(Ok(()))
    }
}

#[tokio::test]
async fn others_read_what_was_written() {
    let mut archive = Archive::new(Kept(Vec::new()));
    archive.text("README.txt", &b"hola ".repeat(1_000)).await.unwrap();
    archive.begin("attachments/1-año.bin", 5, false).unwrap();
    archive.write(b"bytes").await.unwrap();
    let listed = archive.end().unwrap().clone();
    assert_eq!((listed.size, listed.sha256.len()), (5, 64));
    let (Kept(bytes), _) = archive.finish().await.map_err(|(_, error)| error).unwrap();
    // Info-ZIP's reading of it, by Python's standard library.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    std::fs::write(&path, &bytes).unwrap();
    let script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print([(i.filename, i.file_size, i.compress_type) for i in z.infolist()])";
    let python = std::process::Command::new("python3")
        .args(["-c", script])
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8(python.stdout).unwrap();
    assert_eq!(
        said.trim(),
        "[('README.txt', 5000, 8), ('attachments/1-año.bin', 5, 0)]",
        "{}",
        String::from_utf8_lossy(&python.stderr)
    );
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    zip.by_name("README.txt").unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "hola ".repeat(1_000));
}
