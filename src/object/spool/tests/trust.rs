//! What another user may have put where the spool is, or will be.

use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::process::Command;
use std::sync::mpsc;

use super::*;

/// A user who is not this one.
const STRANGER: u32 = 65_534;

/// Gives the path to a stranger; only root can, and other users leave these tests.
fn give_away(path: &Path) -> bool {
    chown(path, Some(STRANGER), Some(STRANGER)).is_ok()
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn make_fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// The answer of [`Spool::open`], which must come soon.
fn open_soon(settings: SpoolSettings) -> Result<Spool, String> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let opened = Spool::open(settings).map_err(|error| error.to_string());
        send.send(opened).map_err(|_| "nobody waits").unwrap();
    });
    receive.recv_timeout(Duration::from_secs(20)).expect("the start hangs")
}

fn refusal(temp: &Temp) -> String {
    open_soon(temp.settings()).expect_err("it must refuse")
}

/// A file of the spool as 0.1.0 left it, in folders of mode 0755.
fn leftover(temp: &Temp, header_key: &str) -> PathBuf {
    let folder = temp.base().join(uuid::Uuid::new_v4().to_string());
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("0.spool");
    let header = Header { key: header_key.into(), opened: "now".into() }.line();
    let frame = file::frame(5, None);
    std::fs::write(&path, [header.as_slice(), &frame, b"left\n"].concat()).unwrap();
    path
}

/// `/sys` takes no folder from anybody, as a read-only root file system does.
#[test]
fn where_nothing_can_be_made_the_message_says_what_to_do() {
    let temp = Temp::new();
    let settings = SpoolSettings { dir: Some("/sys/ecs_router".into()), ..temp.settings() };
    let refusal = open_soon(settings).expect_err("it must refuse");
    assert!(refusal.contains("mount a volume") && refusal.contains("set spool_dir"), "{refusal}");
    for (code, advice) in
        [(30, "volumes and mountPoints"), (13, "that this user may write to"), (28, "ephemeralStorage")]
    {
        let error = super::super::place::with_advice(&std::io::Error::from_raw_os_error(code)).to_string();
        assert!(error.contains(advice) && error.contains(&format!("(os error {code})")), "{error}");
    }
}

#[test]
fn a_folder_of_another_user_is_refused_and_left_as_it_is() {
    let temp = Temp::new();
    let planted = leftover(&temp, "planted");
    set_mode(&temp.base(), 0o777);
    if !give_away(&temp.base()) {
        return;
    }
    let said = refusal(&temp);
    assert!(said.contains("archive@logs") && said.contains("65534"), "{said}");
    assert!(planted.exists());
    assert_eq!(mode(&temp.base()), 0o777);
    assert_eq!(std::fs::read_dir(temp.base()).unwrap().count(), 1, "nothing was put there");
}

#[test]
fn a_spool_dir_of_another_user_is_refused() {
    let temp = Temp::new();
    std::fs::create_dir(temp.settings().dir.unwrap()).unwrap();
    if give_away(&temp.settings().dir.unwrap()) {
        let said = refusal(&temp);
        assert!(said.contains("65534") && said.contains("chown"), "{said}");
    }
}

#[test]
fn a_spool_dir_that_others_may_write_keeps_what_is_ours() {
    let temp = Temp::new();
    let dir = temp.settings().dir.unwrap();
    std::fs::create_dir(&dir).unwrap();
    set_mode(&dir, 0o777);
    let _spool = temp.open();
    assert_eq!(mode(&dir), 0o1777, "others can neither rename nor remove our folder");
    assert_eq!(mode(&temp.base()), 0o700);
}

#[test]
fn a_folder_above_that_anybody_may_rename_is_refused() {
    let temp = Temp::new();
    set_mode(&temp.0, 0o777);
    let said = refusal(&temp);
    assert!(said.contains("chmod +t"), "{said}");
}

#[test]
fn what_the_first_version_left_is_adopted_and_the_folder_becomes_private() {
    let temp = Temp::new();
    leftover(&temp, "logs/a");
    set_mode(&temp.settings().dir.unwrap(), 0o755);
    set_mode(&temp.base(), 0o755);
    let spool = temp.open();
    assert_eq!(texts(&spool), ["left\n"]);
    assert_eq!(mode(&temp.base()), 0o700);
}

#[test]
fn nothing_is_adopted_before_the_instance_runs() {
    let temp = Temp::new();
    let left = leftover(&temp, "logs/a");
    drop(Spool::open(temp.settings()).unwrap());
    assert!(left.exists());
}

#[test]
fn links_are_not_followed() {
    for at in ["dir", "base", "gate"] {
        let temp = Temp::new();
        let elsewhere = temp.0.join("elsewhere");
        let link = match at {
            "dir" => temp.settings().dir.unwrap(),
            "base" => temp.base(),
            _ => temp.base().join("gate"),
        };
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        if at != "gate" {
            std::fs::create_dir(&elsewhere).unwrap();
        }
        symlink(&elsewhere, &link).unwrap();
        let said = refusal(&temp);
        assert!(said.contains("symbolic link"), "{at}: {said}");
        let made = std::fs::read_dir(&elsewhere).map_or(0, Iterator::count);
        assert_eq!(made, 0, "{at}: something was made where the link leads");
        assert!(at != "gate" || !elsewhere.exists(), "the target of the link was made");
    }
}

#[test]
fn a_lock_that_is_a_link_makes_nothing() {
    let temp = Temp::new();
    let left = leftover(&temp, "logs/a");
    let target = temp.0.join("target");
    symlink(&target, left.with_file_name("lock")).unwrap();
    let spool = Spool::open(temp.settings()).unwrap();
    let claimed = spool.claim_orphans().unwrap();
    assert!(!target.exists());
    assert_eq!((claimed.objects, claimed.strangers.len()), (0, 1));
    assert!(spool.claim_orphans().unwrap().strangers.is_empty(), "said once");
    assert!(left.exists());
}

#[test]
fn only_regular_files_of_our_own_are_adopted() {
    let temp = Temp::new();
    let honest = leftover(&temp, "logs/a");
    let folder = honest.parent().unwrap();
    make_fifo(&folder.join("fifo.spool"));
    symlink("/etc/passwd", folder.join("link.spool")).unwrap();
    let twice = folder.join("twice.spool");
    std::fs::copy(&honest, &twice).unwrap();
    std::fs::hard_link(&twice, temp.0.join("other name")).unwrap();
    let foreign = folder.join("foreign.spool");
    std::fs::copy(&honest, &foreign).unwrap();
    let expected = if give_away(&foreign) { 4 } else { 3 };
    let foreign_folder = temp.base().join("foreign");
    std::fs::create_dir(&foreign_folder).unwrap();
    std::fs::copy(&honest, foreign_folder.join("x.spool")).unwrap();
    let expected = expected + usize::from(give_away(&foreign_folder));
    let spool = Spool::open(temp.settings()).unwrap();
    let claimed = spool.claim_orphans().unwrap();
    let objects = if expected == 5 { 1 } else { 3 };
    assert_eq!((claimed.objects, claimed.strangers.len()), (objects, expected), "{claimed:?}");
}

#[test]
fn a_pipe_or_a_held_lock_at_the_gate_does_not_hang_the_start() {
    let temp = Temp::new();
    std::fs::create_dir_all(temp.base()).unwrap();
    let gate = temp.base().join("gate");
    make_fifo(&gate);
    assert!(refusal(&temp).contains("not a regular file"));
    std::fs::remove_file(&gate).unwrap();
    let held = std::fs::File::create(&gate).unwrap();
    held.lock().unwrap();
    let said = refusal(&temp);
    assert!(said.contains("locked by another process"), "{said}");
    drop(held);
    drop(temp.open());
}

#[test]
fn a_link_in_the_place_of_a_file_that_is_filled_is_not_written() {
    let temp = Temp::new();
    let spool = temp.open();
    spool.append(b"n", &body(b"x\n")).unwrap();
    let path = spool.state().open[b"n".as_slice()].object.path.clone();
    let target = temp.0.join("target");
    std::fs::rename(&path, &target).unwrap();
    symlink(&target, &path).unwrap();
    let before = std::fs::read(&target).unwrap();
    assert!(spool.append(b"n", &body(b"y\n")).is_err());
    assert_eq!(std::fs::read(&target).unwrap(), before);
    assert!(Batches::open(&path).is_err(), "nor read");
}

#[test]
fn an_object_that_is_refused_is_moved_aside_whole_and_counts_no_more() {
    let temp = Temp::new();
    leftover(&temp, "../../etc/x?acl");
    let spool = temp.open();
    let object = spool.take_due().unwrap();
    let bytes = std::fs::read(&object.path).unwrap();
    let moved = spool.set_aside(&object).unwrap();
    assert_eq!(std::fs::read(&moved).unwrap(), bytes);
    assert_eq!(spool.left(), (0, 0));
    drop(spool);
    assert_eq!(due(&temp.open()), [], "it is not adopted again");
}

#[test]
fn without_spool_dir_no_place_is_used_that_another_user_may_have_made() {
    let temp = Temp::new();
    let places = place::DefaultPlaces {
        former: temp.0.join("tmp/ecs_router"),
        system: temp.0.join("spool/ecs_router"),
        temporary: temp.0.join("tmp"),
    };
    std::fs::create_dir_all(&places.former).unwrap();
    set_mode(&places.temporary, 0o1777);
    assert_eq!(place::candidates(&places)[..2], [places.former.clone(), places.system.clone()]);
    if give_away(&places.former) {
        assert_eq!(place::candidates(&places)[0], places.system);
    }
    // Where the system's place cannot be made.
    std::fs::write(temp.0.join("spool"), b"").unwrap();
    let first = Folder::open_default(&places, "a").unwrap();
    let name = first.base.strip_prefix(&places.temporary).unwrap().to_str().unwrap().to_owned();
    let random = name.strip_prefix("ecs_router-").unwrap().split('/').next().unwrap();
    if mode(&places.former) != 0 && name.starts_with("ecs_router-") {
        assert!(uuid::Uuid::parse_str(random).is_ok(), "{name}");
    }
    let second = Folder::open_default(&places, "b").unwrap();
    assert_eq!(first.base.parent(), second.base.parent(), "what is left is found again");
}
