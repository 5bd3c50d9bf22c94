//! A test of this binary in a process of its own, so that it can be killed, starved of disk, or lied to by its disk.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where the child's database is. A test that is meant for a child does nothing without it.
const FOLDER: &str = "CALLOUT_TEST_FOLDER";
/// Its place on a small disk of its own, mounted in a namespace of its own: nothing of it stays when the child ends.
const MOUNT: &str = "mount -t tmpfs -o size=4m tmpfs \"$CALLOUT_TEST_FOLDER\" && exec \"$@\"";

/// The folder that this process was given, if it is a child.
pub fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

/// This binary, to run one test.
pub fn child(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments(test)).env(FOLDER, folder);
    command
}

/// The same with a disk of four megabytes under the folder; none where this system lets nobody mount one.
pub fn child_on_small_disk(test: &str, folder: &Path) -> Option<Command> {
    // With a user of its own where this one may not mount.
    for unshare in [["-m"].as_slice(), &["-r", "-m"]] {
        let run = |program: &OsStr| {
            let mut command = Command::new("unshare");
            command.args(unshare).args(["sh", "-c", MOUNT, "sh"]).arg(program).env(FOLDER, folder);
            command
        };
        let tried = run(OsStr::new("true")).stdout(Stdio::null()).stderr(Stdio::null()).status();
        if tried.is_ok_and(|status| status.success()) {
            let mut command = run(std::env::current_exe().unwrap().as_os_str());
            command.args(arguments(test));
            return Some(command);
        }
    }
    None
}

/// The same with a disk that fails as the file `fault` in its folder says: what, and with which error.
pub fn child_with_faults(test: &str, folder: &Path) -> Command {
    let library = folder.join("fault.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/fault.c");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).args([&library, &source]).status();
    assert!(built.unwrap().success());
    let mut command = child(test, folder);
    command.env("LD_PRELOAD", library);
    command
}

fn arguments(test: &str) -> [&str; 4] {
    [test, "--exact", "--nocapture", "--test-threads=1"]
}
