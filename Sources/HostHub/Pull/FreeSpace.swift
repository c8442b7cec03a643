import Foundation

/// Room on the disk of a folder, or of the nearest folder above it that is there.
enum FreeSpace {
    static func bytes(at folder: String) -> Int? {
        var url = URL(filePath: folder).standardizedFileURL
        while !FileManager.default.fileExists(atPath: url.path(percentEncoded: false)), url.pathComponents.count > 1 {
            url.deleteLastPathComponent()
        }
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: url.path(percentEncoded: false))
        return (attributes?[.systemFreeSize] as? NSNumber)?.intValue
    }
}
