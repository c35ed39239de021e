//! Archives as strangers make them.

use std::collections::BTreeSet;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

use super::*;

fn header(name: &[u8], kind: EntryType, size: u64, link: &[u8]) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    let fields = header.as_old_mut();
    fields.name[..name.len()].copy_from_slice(name);
    fields.linkname[..link.len()].copy_from_slice(link);
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o4777);
    header.set_cksum();
    header
}

/// Entries as (name, kind, content or target of the link).
fn tar_of(entries: &[(&str, EntryType, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind, text) in entries {
        if matches!(kind, EntryType::Symlink | EntryType::Link) {
            builder.append(&header(name.as_bytes(), *kind, 0, text.as_bytes()), io::empty()).expect("append");
        } else {
            builder.append(&header(name.as_bytes(), *kind, text.len() as u64, b""), text.as_bytes()).expect("append");
        }
    }
    builder.into_inner().expect("tar")
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("gzip");
    encoder.finish().expect("gzip")
}

fn zip_of(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    for (name, text) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).expect("start");
        writer.write_all(text.as_bytes()).expect("write");
    }
    writer.finish().expect("zip").into_inner()
}

/// Unpacks into `inside` of a folder that has nothing else but the archive.
fn unpack_bytes(bytes: &[u8], limits: &Limits) -> (TempDir, Result<Unpacked, SourceError>) {
    let folder = tempfile::tempdir().expect("a folder");
    let archive = folder.path().join("archive");
    fs::write(&archive, bytes).expect("write");
    let result = unpack(&archive, &folder.path().join("inside"), limits);
    let left: BTreeSet<_> =
        fs::read_dir(folder.path()).expect("read").map(|entry| entry.expect("entry").file_name()).collect();
    assert!(left.iter().all(|name| name == "archive" || name == "inside"), "something was written outside: {left:?}");
    (folder, result)
}

fn problem(bytes: &[u8], limits: &Limits) -> String {
    let (_folder, result) = unpack_bytes(bytes, limits);
    result.expect_err("it should be refused").to_string()
}

fn read(folder: &TempDir, path: &str) -> String {
    fs::read_to_string(folder.path().join("inside").join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

const FILE: EntryType = EntryType::Regular;

#[test]
fn honest_archives_are_unpacked() {
    let tar = tar_of(&[
        ("p/", EntryType::Directory, ""),
        ("./p/src/lib.rs", FILE, "fn a() {}"),
        ("p/README.md", FILE, "# p"),
    ]);
    for bytes in [tar.clone(), gz(&tar), zip_of(&[("p/src/lib.rs", "fn a() {}"), ("p/README.md", "# p")])] {
        let (folder, result) = unpack_bytes(&bytes, &Limits::default());
        let unpacked = result.expect("unpacked");
        assert_eq!((unpacked.files, unpacked.bytes, unpacked.skipped.len()), (2, 12, 0));
        assert_eq!(read(&folder, "p/src/lib.rs"), "fn a() {}");
    }
}

#[test]
fn a_gzip_of_several_members_is_read_to_the_end() {
    let tar = tar_of(&[("a", FILE, "1"), ("b", FILE, "2")]);
    let (one, two) = tar.split_at(700);
    let (folder, result) = unpack_bytes(&[gz(one), gz(two)].concat(), &Limits::default());
    assert_eq!(result.expect("unpacked").files, 2);
    assert_eq!(read(&folder, "b"), "2");
}

#[test]
fn long_names_are_kept() {
    let long = format!("{}/{}.rs", "folder/".repeat(20), "n".repeat(120));
    let mut builder = tar::Builder::new(Vec::new());
    let mut entry = tar::Header::new_gnu();
    entry.set_size(1);
    builder.append_data(&mut entry, &long, &b"x"[..]).expect("a GNU long name");
    let gnu = builder.into_inner().expect("tar");
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("path", long.as_bytes())]).expect("pax");
    builder.append(&header(b"short", FILE, 1, b""), &b"x"[..]).expect("append");
    let pax = builder.into_inner().expect("tar");
    for bytes in [gnu, pax] {
        let (folder, result) = unpack_bytes(&bytes, &Limits::default());
        result.expect("unpacked");
        assert_eq!(read(&folder, &long), "x");
    }
}

#[test]
fn paths_that_lead_out_are_refused() {
    for name in
        ["../evil", "a/../../evil", "/tmp/evil", "..\\evil", "a\\..\\..\\evil", "C:\\evil", "c:/evil", "\\\\host\\evil"]
    {
        let said = problem(&tar_of(&[(name, FILE, "x")]), &Limits::default());
        assert!(said.contains("leads out") || said.contains("absolute"), "{name}: {said}");
        let said = problem(&zip_of(&[(name, "x")]), &Limits::default());
        assert!(said.contains("leads out") || said.contains("absolute"), "{name}: {said}");
    }
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("path", &b"../../evil"[..])]).expect("pax");
    builder.append(&header(b"good", FILE, 1, b""), &b"x"[..]).expect("append");
    assert!(problem(&builder.into_inner().expect("tar"), &Limits::default()).contains("leads out"));
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&header(b"././@LongLink", EntryType::GNULongName, 8, b""), &b"../evil\0"[..]).expect("append");
    builder.append(&header(b"good", FILE, 1, b""), &b"x"[..]).expect("append");
    assert!(problem(&builder.into_inner().expect("tar"), &Limits::default()).contains("leads out"));
}

#[test]
fn links_and_devices_are_not_made() {
    let outside = tempfile::tempdir().expect("a folder");
    let target = outside.path().to_string_lossy().into_owned();
    let tar = tar_of(&[
        ("link", EntryType::Symlink, &target),
        ("link/written", FILE, "through the link"),
        ("hard", EntryType::Link, "/etc/passwd"),
        ("device", EntryType::Char, ""),
        ("pipe", EntryType::Fifo, ""),
        ("file", FILE, "x"),
    ]);
    let (folder, result) = unpack_bytes(&gz(&tar), &Limits::default());
    let unpacked = result.expect("unpacked");
    let skipped: Vec<_> = unpacked.skipped.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(skipped, ["link", "hard", "device", "pipe"]);
    assert_eq!(fs::read_dir(outside.path()).expect("read").count(), 0);
    assert_eq!(read(&folder, "link/written"), "through the link");
    assert!(!folder.path().join("inside/hard").exists());

    let mut writer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    writer.add_symlink("link", &target, SimpleFileOptions::default()).expect("symlink");
    writer.start_file("link/written", SimpleFileOptions::default()).expect("start");
    let bytes = writer.finish().expect("zip").into_inner();
    let (_folder, result) = unpack_bytes(&bytes, &Limits::default());
    assert_eq!(result.expect("unpacked").skipped, [("link".to_owned(), "a link")]);
    assert_eq!(fs::read_dir(outside.path()).expect("read").count(), 0);
}

#[cfg(unix)]
#[test]
fn modes_are_ignored() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, result) = unpack_bytes(&tar_of(&[("tool", FILE, "x")]), &Limits::default());
    result.expect("unpacked");
    let mode = fs::metadata(folder.path().join("inside/tool")).expect("metadata").permissions().mode();
    assert_eq!(mode & 0o7111, 0, "{mode:o}");
}

#[test]
fn the_first_of_two_with_one_name_stays() {
    let tar = tar_of(&[
        ("a", FILE, "first"),
        ("a", FILE, "second"),
        ("a/b", FILE, "below a file"),
        ("d/x", FILE, "x"),
        ("d", FILE, "a folder's name"),
        ("a/c/", EntryType::Directory, ""),
    ]);
    let (folder, result) = unpack_bytes(&tar, &Limits::default());
    let unpacked = result.expect("unpacked");
    assert_eq!((unpacked.files, unpacked.skipped.len()), (2, 4), "{unpacked:?}");
    assert_eq!(read(&folder, "a"), "first");
    assert_eq!(read(&folder, "d/x"), "x");
}

#[test]
fn odd_names_are_left_out() {
    let deep = "d/".repeat(MAX_DEPTH + 1);
    let long = format!("{}.rs", "n".repeat(300));
    let bytes = zip_of(&[(&deep, ""), (&format!("{deep}x"), "x"), (&long, "x"), ("a\nb", "x"), ("good", "x")]);
    let (folder, result) = unpack_bytes(&bytes, &Limits::default());
    let unpacked = result.expect("unpacked");
    assert_eq!((unpacked.files, unpacked.skipped.len()), (1, 4), "{unpacked:?}");
    assert_eq!(read(&folder, "good"), "x");
}

#[test]
fn limits_hold() {
    let ten = "0123456789";
    let tar = gz(&tar_of(&[("a", FILE, ten), ("b", FILE, ten), ("c", FILE, ten)]));
    let limits = |total_bytes, file_bytes, entries| Limits { total_bytes, file_bytes, entries, ratio: 200 };
    assert!(problem(&tar, &limits(25, 100, 10)).contains("more than 25 bytes"));
    assert!(problem(&tar, &limits(100, 9, 10)).contains("'a' in it has more than 9 bytes"));
    assert!(problem(&tar, &limits(100, 100, 2)).contains("more than 2 files"));
    let (_folder, result) = unpack_bytes(&tar, &limits(30, 10, 3));
    assert_eq!(result.expect("just so much").files, 3);
}

#[test]
fn bombs_are_stopped() {
    let zeros = vec![0_u8; 48 << 20];
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&header(b"zeros.c", FILE, zeros.len() as u64, b""), zeros.as_slice()).expect("append");
    let tar = gz(&builder.into_inner().expect("tar"));
    assert!(problem(&tar, &Limits::default()).contains("times its size"));
    let mut writer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    writer.start_file("zeros.c", SimpleFileOptions::default()).expect("start");
    writer.write_all(&zeros).expect("write");
    let zip = writer.finish().expect("zip").into_inner();
    assert!(problem(&zip, &Limits::default()).contains("times its size"));
    // A header that says a name of 40 MB.
    let mut builder = tar::Builder::new(Vec::new());
    let name = vec![b'n'; 40 << 20];
    builder
        .append(&header(b"././@LongLink", EntryType::GNULongName, name.len() as u64, b""), name.as_slice())
        .expect("append");
    assert!(problem(&gz(&builder.into_inner().expect("tar")), &Limits::default()).contains("extended header"));
    // Skipped entries count as well.
    let small = Limits { total_bytes: 1 << 20, entries: 10, ..Limits::default() };
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&header(b"odd", EntryType::new(b'Z'), zeros.len() as u64, b""), zeros.as_slice()).expect("append");
    builder.append(&header(b"file", FILE, 1, b""), &b"x"[..]).expect("append");
    assert!(problem(&gz(&builder.into_inner().expect("tar")), &small).contains("more than is allowed"));
}

#[test]
fn broken_archives_are_errors() {
    let tar = gz(&tar_of(&[("a", FILE, &"text ".repeat(2000))]));
    assert!(problem(&tar[..tar.len() / 2], &Limits::default()).contains("broken"));
    let zip = zip_of(&[("a", &"text ".repeat(2000))]);
    assert!(problem(&zip[..zip.len() / 2], &Limits::default()).contains("broken"));
    assert!(problem(b"", &Limits::default()).contains("neither tar"));
    assert!(problem(b"BZh91AY&SY", &Limits::default()).contains("bzip2"));
    assert!(problem(&[0x1f, 0x8b, 8, 0, 1, 2, 3], &Limits::default()).contains("broken"));
    assert!(problem(b"PK\x03\x04garbage", &Limits::default()).contains("broken"));
}

#[test]
fn a_cancelled_work_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let archive = folder.path().join("archive");
    fs::write(&archive, tar_of(&[("a", FILE, "x")])).expect("write");
    let cancelled = Arc::new(AtomicBool::new(true));
    let result = unpack_until(&archive, &folder.path().join("inside"), &Limits::default(), &cancelled);
    assert!(matches!(result, Err(SourceError::Cancelled(_))), "{result:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever bytes an archive has: no panic, nothing outside.
    #[test]
    fn damaged_archives_do_no_harm(
        kind in 0..3_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let tar = tar_of(&[
            ("p/", EntryType::Directory, ""),
            ("p/a.rs", FILE, "fn a() {}"),
            ("p/l", EntryType::Symlink, "../.."),
            ("p/l/b.rs", FILE, "fn b() {}"),
        ]);
        let mut bytes = match kind {
            0 => tar,
            1 => gz(&tar),
            _ => zip_of(&[("p/a.rs", "fn a() {}"), ("p/b/c.rs", "mod c;")]),
        };
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let limits = Limits { total_bytes: 1 << 20, file_bytes: 1 << 20, entries: 100, ratio: 200 };
        let _ = unpack_bytes(&bytes, &limits);
    }

    #[test]
    fn safe_paths_stay_inside(name in prop::collection::vec(prop::sample::select(b"./\\ab:\0\n ".to_vec()), 0..12)) {
        if let Ok(path) = safe_path(&name) {
            prop_assert!(path.components().all(|part| matches!(part, Component::Normal(_))), "{path:?}");
        }
    }
}
