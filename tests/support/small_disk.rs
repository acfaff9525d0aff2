//! A small disk that can be filled: a tmpfs that only processes in its namespace see. On Linux every user may make one, unless the system forbids
//! it.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Gone when dropped.
pub struct SmallDisk {
    /// Holds the namespace, and ends with this process: then its standard input ends.
    holder: Child,
    has_users: bool,
    folder: PathBuf,
}

const MOUNT: &str = r#"mount -t tmpfs -o "size=$2,mode=0700" tmpfs "$1" && echo mounted && exec cat"#;
/// The file that fills it.
const BALLAST: &str = "ballast";

impl SmallDisk {
    /// In place of this folder, of so many bytes.
    ///
    /// # Errors
    /// This system permits none: why.
    pub fn mount(folder: &Path, bytes: u64) -> Result<Self, String> {
        fs::create_dir_all(folder).expect("a folder");
        // Root may do without a namespace of users, which some containers forbid.
        let mut refused = String::new();
        for has_users in [true, false] {
            let mut command = Command::new("unshare");
            command.args(if has_users { &["--map-root-user", "--mount"][..] } else { &["--mount"] });
            command.args(["sh", "-c", MOUNT, "sh"]).arg(folder).arg(bytes.to_string());
            let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
            let mut holder = match spawned {
                Ok(holder) => holder,
                Err(error) => return Err(format!("unshare: {error}")),
            };
            let mut line = String::new();
            let stdout = holder.stdout.take().expect("piped");
            BufReader::new(stdout).read_line(&mut line).expect("a pipe");
            if line == "mounted\n" {
                return Ok(Self { holder, has_users, folder: folder.to_owned() });
            }
            let mut why = String::new();
            holder.stderr.take().expect("piped").read_to_string(&mut why).expect("a pipe");
            holder.wait().expect("ends");
            refused.push_str(&why);
        }
        Err(refused)
    }

    /// The command that runs a program with this disk.
    pub fn enter(&self) -> Vec<String> {
        let target = self.holder.id().to_string();
        let mut command: Vec<String> = ["nsenter", "--target", &target, "--mount"].map(str::to_owned).into();
        if self.has_users {
            command.extend(["--user", "--preserve-credentials"].map(str::to_owned));
        }
        command
    }

    /// Its folder, as this process sees it.
    pub fn path(&self) -> PathBuf {
        let inside = self.folder.strip_prefix("/").expect("an absolute path");
        Path::new("/proc").join(self.holder.id().to_string()).join("root").join(inside)
    }

    /// Until no byte more fits.
    pub fn fill(&self) {
        let mut ballast = fs::File::create(self.path().join(BALLAST)).expect("a file");
        for size in [64 << 10, 1] {
            while ballast.write_all(&vec![1; size]).is_ok() {}
        }
    }

    /// Takes back [`SmallDisk::fill`].
    pub fn free(&self) {
        fs::remove_file(self.path().join(BALLAST)).expect("it was filled");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
