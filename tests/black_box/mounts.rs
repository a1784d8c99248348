//! Disks of a story's own: small ones that can be filled, and real file systems that fail as disks do.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::tools::is_root;

const BYTES: u64 = 256 << 20;

/// `EXT4_IOC_SHUTDOWN` without a flush of the journal, as soon as it is told: at once the file system hands nothing more
/// to its disk, and all that is still in memory is lost, as when the power fails. What it handed over before is in the
/// image: the disk is one that keeps what it took.
const SHUTDOWN: &str = r#"
    open(my $f, "<", $ARGV[0]) or die $!;
    my $how = pack("I", 2);
    <STDIN>;
    ioctl($f, 0x8004587d, $how) or die $!;
"#;

/// An ext4 file system in a file.
pub struct Disk {
    image: PathBuf,
    at: PathBuf,
}

/// A small disk in memory; gone with its guard.
pub struct SmallDisk(PathBuf);

/// Cuts the power of a disk.
pub struct Cutter(Result<Child, String>);

impl Disk {
    /// Makes one for a folder; or tells why that cannot be done here.
    pub fn new(image: &Path, at: &Path) -> Result<Self, String> {
        if !is_root() {
            return Err("only root may mount a disk".into());
        }
        File::create(image).unwrap().set_len(BYTES).unwrap();
        fs::create_dir_all(at).unwrap();
        called(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(image))?;
        let disk = Self { image: image.to_owned(), at: at.to_owned() };
        called(&mut disk.mounting()).map_err(|why| format!("no loop device: {why}"))?;
        fs::write(disk.marker(), "").unwrap();
        disk.cutter().cut().map_err(|why| format!("a file system cannot be shut down here: {why}"))?;
        disk.unmount();
        Ok(disk)
    }

    pub fn mount(&self) {
        called(&mut self.mounting()).unwrap();
        // The marker may be lost with the rest.
        fs::write(self.marker(), "").unwrap();
    }

    /// To be held at hand: from its word to the cut there passes next to no time.
    pub fn cutter(&self) -> Cutter {
        let mut perl = Command::new("perl");
        perl.args(["-e", SHUTDOWN]).arg(self.marker()).stdin(Stdio::piped()).stderr(Stdio::piped());
        Cutter(perl.spawn().map_err(|error| error.to_string()))
    }

    /// Once nobody has a file open there.
    pub fn unmount(&self) {
        let mut last = Ok(String::new());
        for _ in 0..200 {
            last = called(Command::new("umount").arg(&self.at));
            if last.is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        last.unwrap();
    }

    /// The kernel meets an error of the disk, and mounts it read-only on the spot, as it does by default on most
    /// systems: what is open can be written no more either.
    pub fn fail(&self) {
        let source = called(Command::new("findmnt").args(["-no", "SOURCE"]).arg(&self.at)).unwrap();
        let device = source.trim().rsplit('/').next().unwrap();
        fs::write(format!("/sys/fs/ext4/{device}/trigger_fs_error"), "1").unwrap();
    }

    /// Whoever writes waits from now on.
    pub fn freeze(&self) {
        called(Command::new("fsfreeze").arg("-f").arg(&self.at)).unwrap();
    }

    /// Whoever waited goes on.
    pub fn thaw(&self) {
        called(Command::new("fsfreeze").arg("-u").arg(&self.at)).unwrap();
    }

    /// Mends what was unmounted, as a machine does before it mounts a disk again.
    pub fn mend(&self) {
        let checked = Command::new("fsck.ext4").arg("-y").arg(&self.image).output().unwrap();
        // 1: mended.
        assert!(matches!(checked.status.code(), Some(0 | 1)), "{checked:?}");
    }

    fn mounting(&self) -> Command {
        let mut mount = Command::new("mount");
        mount.args(["-o", "loop,errors=remount-ro"]).arg(&self.image).arg(&self.at);
        mount
    }

    fn marker(&self) -> PathBuf {
        self.at.join("marker")
    }
}

impl Cutter {
    pub fn cut(self) -> Result<(), String> {
        let mut child = self.0?;
        // Its input ends, and it acts.
        drop(child.stdin.take());
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() { Ok(()) } else { Err(said.trim().to_owned()) }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Only where a story broke off is it mounted, or frozen, still; the daemon ends later, and a lazy unmount waits for nobody.
        let _thawed = Command::new("fsfreeze").arg("-u").arg(&self.at).output();
        let _gone = Command::new("umount").arg("-lq").arg(&self.at).output();
    }
}

impl SmallDisk {
    /// None where that cannot be done here.
    pub fn mount(at: &Path, megabytes: usize) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"]).arg(at);
        (is_root() && called(&mut mount).is_ok()).then(|| Self(at.to_owned()))
    }

    /// Nothing can be written to it any more, or again; nobody may have a file open to write.
    pub fn remount(&self, mode: &str) {
        called(Command::new("mount").args(["-o", &format!("remount,{mode}")]).arg(&self.0)).unwrap();
    }

    /// Takes all of its room.
    pub fn fill(&self) {
        let mut file = File::create(self.filler()).unwrap();
        for size in [65_536, 4_096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Leaves room for so many blocks of 4 KiB only.
    pub fn fill_but(&self, blocks: u64) {
        self.fill();
        let file = File::options().write(true).open(self.filler()).unwrap();
        let bytes = file.metadata().unwrap().len();
        file.set_len(bytes.saturating_sub(blocks * 4_096)).unwrap();
    }

    pub fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // The daemon has ended or will: a lazy unmount waits for neither.
        let _gone = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// What it printed, or what it complained of.
fn called(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(said.trim().to_owned())
    }
}
