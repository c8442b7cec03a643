import HostFiles

/// Where a file grows until it is whole.
protocol DownloadTarget: AnyObject {
    var byteCount: Int { get }
    func append(_ bytes: [UInt8]) throws(HubError)
    func read(_ body: ([UInt8]) -> Bool) throws(HubError)
    /// Forgets what is there.
    func restart() throws(HubError)
    /// Gives the file its name; called last.
    func finish() throws(HubError)
    /// Leaves nothing; called last.
    func discard()
}

/// On the disk, as `NAME.part`.
final class DiskTarget: DownloadTarget {
    private let file: PartFile

    init(_ path: String, in root: String) throws(HubError) {
        file = try DiskTarget.mapped { () throws(FileError) in try PartFile(path, in: root) }
    }

    var byteCount: Int { file.byteCount }
    func append(_ bytes: [UInt8]) throws(HubError) { try DiskTarget.mapped { () throws(FileError) in try file.append(bytes) } }
    func read(_ body: ([UInt8]) -> Bool) throws(HubError) {
        try DiskTarget.mapped { () throws(FileError) in try file.read(body) }
    }
    func restart() throws(HubError) { try DiskTarget.mapped { () throws(FileError) in try file.restart() } }
    func finish() throws(HubError) { try DiskTarget.mapped { () throws(FileError) in try file.finish() } }
    func discard() { file.discard() }

    private static func mapped<Result>(_ body: () throws(FileError) -> Result) throws(HubError) -> Result {
        do throws(FileError) {
            return try body()
        } catch {
            throw HubError(error)
        }
    }
}
