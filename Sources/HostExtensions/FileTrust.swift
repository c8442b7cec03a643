import Foundation
import HostCore

/// Whether another user could have put a file where it is.
enum FileTrust {
    /// Looks at the file, its folder and the folder above, and at what they really are when they are links.
    ///
    /// A folder with the sticky bit, as for temporary files, lets no user rename what is another's.
    /// - Throws: `ExtensionError.untrusted` when others than its owner may write there (the user's own group aside), or when
    ///   it belongs to another user.
    static func check(_ path: String, of name: String) throws(ExtensionError) {
        let real = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
        for place in [folder(of: folder(of: path)), folder(of: path), folder(of: folder(of: real)), folder(of: real), real] {
            let resolved = URL(filePath: place).resolvingSymlinksInPath().path(percentEncoded: false).withoutTrailingSlash
            guard let facts = try? FileManager.default.attributesOfItem(atPath: resolved),
                let permissions = facts[.posixPermissions] as? Int
            else { throw ExtensionError(.notFound, name, "\(place) cannot be looked at") }
            let type = facts[.type] as? FileAttributeType
            guard place != real || type == .typeRegular else {
                throw ExtensionError(.untrusted, name, "\(place) is not a file, but a pipe, a device or a folder")
            }
            let isSticky = permissions & 0o1000 != 0 && type == .typeDirectory
            let ownGroup = facts[.groupOwnerAccountID] as? Int == Int(getegid())
            let others = ownGroup ? 0o002 : 0o022
            guard permissions & others == 0 || isSticky else {
                throw ExtensionError(
                    .untrusted, name, "\(place) may be written by other users of this machine",
                    advice: "Run chmod go-w on it, if what is in it is yours.")
            }
            let owner = facts[.ownerAccountID] as? Int
            guard owner == Int(geteuid()) || owner == 0 else {
                throw ExtensionError(
                    .untrusted, name, "\(place) belongs to another user", advice: "Copy it, if you trust what is in it.")
            }
        }
    }

    static func isFolder(_ path: String) -> Bool {
        let link = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
        let facts = try? FileManager.default.attributesOfItem(atPath: link.withoutTrailingSlash)
        return facts?[.type] as? FileAttributeType == .typeDirectory
    }

    private static func folder(of path: String) -> String { (path as NSString).deletingLastPathComponent }
}
