// HostFiles: the files of this machine. They are opened without waiting, read within a bound, written whole and private.

package import HostCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Why a file cannot be read or written.
package struct FileError: HostError, Equatable {
    package enum Kind: Sendable {
        case missing
        case denied
        /// A folder, a pipe, a socket or a device.
        case notAFile
        case tooLarge
        /// A link that leads out of where the file was looked for.
        case leadsOut
        /// Something has the name that a new file was to have.
        case exists
        /// Another process writes it.
        case busy
        /// The disk, or the user's share of it.
        case full
        /// What else the system says.
        case failed
    }

    package let kind: Kind
    package let subject: String
    package let problem: String
    package let advice: String?

    package init(_ kind: Kind, _ subject: String, _ problem: String, advice: String? = nil) {
        self.kind = kind
        self.subject = subject
        self.problem = problem
        self.advice = advice
    }

    /// What the system's error number says.
    init(_ subject: String, code: CInt, _ verb: String) {
        switch code {
        case ENOENT, ENOTDIR: self.init(.missing, subject, "no such file", advice: "Check the spelling.")
        case EACCES, EPERM:
            let advice = verb == "written" ? "Let this user write there." : "Make the file readable for this user."
            self.init(.denied, subject, "permission denied", advice: advice)
        case ELOOP: self.init(.leadsOut, subject, "is a link, which is not followed here")
        case ENOSPC, EDQUOT, EFBIG:
            let reason = unsafe String(cString: strerror(code))
            self.init(.full, subject, "cannot be \(verb): \(reason)", advice: "Make room on the disk.")
        case ENXIO: self.init(.notAFile, subject, "expected a file, found a socket")
        default: self.init(.failed, subject, "cannot be \(verb): \(unsafe String(cString: strerror(code)))")
        }
    }

    static func notAFile(_ subject: String, mode: mode_t) -> FileError {
        let found =
            switch mode & S_IFMT {
            case S_IFDIR: "a folder"
            case S_IFIFO: "a pipe"
            case S_IFSOCK: "a socket"
            case S_IFCHR, S_IFBLK: "a device"
            default: "something else"
            }
        return FileError(.notAFile, subject, "expected a file, found \(found)")
    }

    static func tooLarge(_ subject: String, _ size: Int, limit: Int) -> FileError {
        FileError(.tooLarge, subject, "has \(size) bytes; at most \(limit) are read")
    }
}

extension LoadError {
    /// The same for a file that belongs to a model.
    package init(_ error: FileError) {
        let kind: Kind =
            switch error.kind {
            case .missing: .notFound
            case .tooLarge: .unsupported
            case .leadsOut: .forbidden
            case .denied, .notAFile, .exists, .busy, .full, .failed: .unreadable
            }
        self.init(kind, error.subject, error.problem, advice: error.advice)
    }
}
