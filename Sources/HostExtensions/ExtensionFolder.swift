import Foundation
package import HostCore
import HostFiles

/// The folder that extensions lie in, one folder each; nothing in it is touched unless it is named.
package struct ExtensionFolder: Sendable {
    package let path: String

    package init(path: String) {
        self.path = URL(filePath: path).standardizedFileURL.path(percentEncoded: false).withoutTrailingSlash
    }

    /// What one extension consists of.
    package struct Contents: Sendable {
        package let name: String
        /// The extension's own folder.
        package let folder: String
        /// Its Swift files, as paths, sorted.
        package let sources: [String]
        /// `libNAME.so` where it is there.
        package let library: String?

        /// What its sources have that the compiler accepts and the author did not mean.
        package var warnings: [String] {
            HookSpelling.warnings(
                sources.compactMap { path in
                    guard let bytes = try? PlainFile.bytes(of: path, atMost: ExtensionCompiler.maximumSource) else { return nil }
                    return ((path as NSString).lastPathComponent, String(decoding: bytes, as: UTF8.self))
                })
        }
    }

    #if os(macOS)
        package static let librarySuffix = "dylib"
    #else
        package static let librarySuffix = "so"
    #endif

    /// The names of all folders that hold an extension, sorted.
    package func names() -> [String] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return entries.filter { (try? contents(of: $0)) != nil }.sorted()
    }

    /// - Throws: `ExtensionError` naming the folder that was looked for, or what in it is missing or not to be trusted.
    package func contents(of name: String) throws(ExtensionError) -> Contents {
        try ExtensionName.check(name)
        let folder = "\(path)/\(name)"
        guard FileTrust.isFolder(folder) else {
            let others =
                (try? FileManager.default.contentsOfDirectory(atPath: path))?
                .filter { !$0.hasPrefix(".") && FileTrust.isFolder("\(path)/\($0)") }.sorted() ?? []
            throw ExtensionError(
                .notFound, name, "there is no folder \(folder)",
                advice: others.isEmpty ? "modelhost extension new \(name) makes one." : "There are \(others.joined(separator: ", ")).")
        }
        let paths = ((try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasSuffix(".swift") && !$0.hasPrefix(".") && !$0.contains("/.") }.sorted()
        let library = "\(folder)/lib\(name).\(Self.librarySuffix)"
        let found = Contents(
            name: name, folder: folder, sources: paths.map { "\(folder)/\($0)" },
            library: FileManager.default.fileExists(atPath: library) ? library : nil)
        guard !found.sources.isEmpty || found.library != nil else {
            throw ExtensionError(
                .notFound, name, "the folder \(folder) has no Swift file and no \((library as NSString).lastPathComponent)")
        }
        return found
    }
}

extension String {
    var withoutTrailingSlash: String { count > 1 && hasSuffix("/") ? String(dropLast()) : self }
}
