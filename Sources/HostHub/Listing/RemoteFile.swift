/// A file of a repository, as the hub's list has it.
package struct RemoteFile: Sendable, Equatable {
    /// In the repository, its parts separated by slashes.
    package let path: String
    package let byteCount: Int
    let sum: Checksum

    package init(path: String, byteCount: Int, sum: Checksum) {
        self.path = path
        self.byteCount = byteCount
        self.sum = sum
    }
}
