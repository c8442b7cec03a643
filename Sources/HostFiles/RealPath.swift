#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where a path leads once every link in it is followed.
package enum RealPath {
    /// Absolute, without links; nil where there is nothing at its end.
    package static func of(_ path: String) -> String? {
        guard !path.utf8.contains(0), let real = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }

    /// Whether a real path is that of a folder, or lies below it.
    static func isInside(_ path: String, _ folder: String) -> Bool {
        path == folder || path.utf8.starts(with: (folder == "/" ? folder : folder + "/").utf8)
    }
}
