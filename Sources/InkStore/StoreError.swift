/// Why the disk did not do what was asked, in three parts: what failed, why, and what to do next.
public enum StoreError: Error, Hashable, Sendable {
    /// The file system or the directory lets nobody write.
    case readOnly(path: String)
    /// No space, quota or file-size allowance is left. Nothing of what was asked was kept; the same call works once there is room.
    case full(path: String)
    /// The system denies this user access.
    case permission(path: String)
    /// The bytes are not what we wrote. Nothing was changed or removed.
    case corrupt(path: String, detail: String)
    /// The bytes of a device key are not what we wrote. Nothing was changed or removed.
    case corruptIdentity(path: String, detail: String)
    /// Others on this machine can read or change the file of a device key.
    case exposed(path: String, mode: UInt16)
    /// The path of a board's database is longer than SQLite takes.
    case pathTooLong(path: String, bytes: Int, limit: Int)
    /// A newer version of the program wrote this.
    case newer(path: String, found: Int, known: Int)
    /// The file system keeps nobody else from writing to the same files, so that two programs could.
    case unlockable(path: String)
    /// Another process has the board open.
    case locked(path: String)
    /// The board's files were removed while it was open, or others were put in their place: what is written has no name any more.
    case gone(path: String)
    /// Somebody else wrote into the board's files while it was open, as a backup does that is copied over them; what was saved is not in them.
    case overwritten(path: String)
    /// There is no such thing on this disk; `what` names it as the person did, and `meant` what they may have meant.
    case missing(what: String, meant: String? = nil)
    /// Anything else that the system said.
    case failed(path: String, detail: String)

    /// What happened, fit for a status line.
    public var what: String {
        switch self {
        case .readOnly(let path): "cannot write to \(path)"
        case .full(let path), .gone(let path), .overwritten(let path): "cannot save to \(path)"
        case .permission(let path): "cannot open \(path)"
        case .corrupt(let path, _), .corruptIdentity(let path, _): "\(path) is damaged"
        case .exposed(let path, _): "the device key in \(path) is not used"
        case .newer(let path, _, _): "\(path) is of a newer version"
        case .locked: "this board is already open"
        case .missing(let what, _): "\(what) is not here"
        case .failed(let path, _), .pathTooLong(let path, _, _), .unlockable(let path): "cannot use \(path)"
        }
    }

    /// Why it happened.
    public var why: String {
        switch self {
        case .readOnly: "the disk or the directory is read-only"
        case .full: "the disk is full or a size limit is reached"
        case .permission: "this user may not read or write it"
        case .corrupt(_, let detail), .corruptIdentity(_, let detail): detail
        case .exposed(_, let mode): "others on this machine can read or change it: its mode is 0\(String(mode, radix: 8))"
        case .pathTooLong(_, let bytes, let limit): "the path of the database there has \(bytes) bytes, and SQLite takes \(limit)"
        case .newer(_, let found, let known): "it has format \(found), this program knows formats up to \(known)"
        case .gone: "the board's files were removed or replaced while it was open"
        case .overwritten: "something else wrote over the board's files while it was open, and what was saved before is not in them"
        case .unlockable: "the file system there has no locks, so that two programs could write to one board at once"
        case .locked(let path): "another inkwire on this machine holds \(path)"
        case .missing: "nothing of that name is saved in the data directory"
        case .failed(_, let detail): detail
        }
    }

    /// What the person can do.
    public var next: String {
        switch self {
        case .readOnly: "make it writable, or name another place with --data-dir"
        case .full: "free some space, then do it again"
        case .permission: "give this user access (directories 0700, files 0600), or name another place with --data-dir"
        case .corrupt:
            "keep a copy of the file; `inkwire boards --move-aside BOARD` puts it out of the way without deleting anything, then join again from a peer"
        case .corruptIdentity:
            "put the file back from a copy, or move it away: then a new key is made, your boards stay, and what you drew before counts as another's"
        case .exposed(let path, _):
            "`chmod 600 \(path)`; if somebody may have read it, move it away instead: then a new key is made, and your boards stay"
        case .pathTooLong: "name a place with a shorter path with --data-dir; links count as what they lead to"
        case .newer: "install the newer inkwire, or name another place with --data-dir"
        case .gone: "put the files back where they were: what is not saved yet is tried again each second, and ends with this program"
        case .overwritten:
            "nothing more is written to them; keep this open until somebody else has your work, then close it: the board is as they hold it"
        case .unlockable: "keep boards on a disk of this machine: name another place; what is there can be listed and exported"
        case .locked: "use the one that is open, or close it first"
        case .missing(_, let meant?): "did you mean “\(meant)”? `inkwire boards` lists what is saved"
        case .missing: "`inkwire boards` lists what is saved"
        case .failed: "check the path and the disk, then try again"
        }
    }

    /// A stable word for programs.
    public var code: String {
        switch self {
        case .readOnly: "read_only"
        case .full: "disk_full"
        case .permission: "permission"
        case .corrupt: "corrupt"
        case .corruptIdentity: "corrupt_identity"
        case .exposed: "exposed_key"
        case .pathTooLong: "path_too_long"
        case .newer: "newer_format"
        case .gone: "files_gone"
        case .overwritten: "files_overwritten"
        case .unlockable: "no_locks"
        case .locked: "already_open"
        case .missing: "not_found"
        case .failed: "disk"
        }
    }

    /// The exit code of the command line: 8 for the local disk, 5 for what is not there, 9 for a version mismatch.
    public var exitCode: Int32 {
        switch self {
        case .readOnly, .full, .permission, .corrupt, .corruptIdentity, .exposed, .pathTooLong, .gone, .overwritten, .locked,
            .unlockable, .failed:
            8
        case .missing: 5
        case .newer: 9
        }
    }
}

extension StoreError: CustomStringConvertible {
    public var description: String { "\(what): \(why)" }
}
