import Foundation
import HostCore
import HostFiles

/// Files of one folder that requests call by name, such as presets; nothing in a name can lead out of the folder.
struct NamedFiles: Sendable {
    /// What one of them is called in messages.
    let kind: String
    /// The field of requests that names one.
    let field: String
    /// Where they are, the first to win; new ones go into the first.
    let folders: [String]
    /// What a file may end in, the first to win; new ones end in the first.
    let suffixes: [String]
    /// Of one file.
    let maximumBytes: Int

    private static let longestName = 200
    /// More than this are not listed.
    private static let maximumCount = 4096

    struct Found: Sendable {
        let file: String
        let folder: String
    }

    /// - Throws: 400 for a name that cannot be that of a file here.
    func check(_ name: String) throws(APIError) {
        guard let problem = NamedFiles.problem(withName: name) else { return }
        throw APIError.invalid(field, "\"\(name.prefix(80))\" is not the name of \(kind): it \(problem).")
    }

    private static func problem(withName name: String) -> String? {
        name.hasPrefix(".") ? "begins with a dot" : OnePartName.problem(name, atMost: longestName)
    }

    /// Where a name stands, if it does.
    func find(_ name: String) throws(APIError) -> Found? {
        try check(name)
        for folder in folders {
            for suffix in suffixes where FolderEntry("\(folder)/\(name)\(suffix)") != nil {
                return Found(file: name + suffix, folder: folder)
            }
        }
        return nil
    }

    func bytes(of found: Found, name: String) throws(APIError) -> [UInt8] {
        do {
            return try PlainFile(found.file, in: found.folder).text(atMost: maximumBytes)
        } catch {
            throw unreadable(name, "\(error.problem).")
        }
    }

    func text(of found: Found, name: String) throws(APIError) -> String {
        guard let text = String(validating: try bytes(of: found, name: name), as: UTF8.self) else {
            throw unreadable(name, "it is not UTF-8 text.")
        }
        return text
    }

    /// The mapping in a file of YAML or, by its suffix, of JSON.
    func object(in found: Found, name: String) throws(APIError) -> JSONObject {
        let text = try text(of: found, name: name)
        do {
            if !found.file.hasSuffix(".json") { return try YAMLParser.object(text) }
            guard let object = try JSONValue(parsing: text).objectValue else {
                throw unreadable(name, "it is JSON, but not an object.")
            }
            return object
        } catch let error as APIError {
            throw error
        } catch {
            throw unreadable(name, "\(error).")
        }
    }

    func unreadable(_ name: String, _ problem: String) -> APIError {
        APIError.invalid(field, "\(kind.capitalizedArticle) \"\(name)\" cannot be read: \(problem)")
    }

    /// - Parameter status: 404 where a path names it, and not a field of a request.
    func missing(_ name: String, known: [String], status: Int = 400) -> APIError {
        let list = known.isEmpty ? "there are none" : "there are \(known.prefix(100).joined(separator: ", "))"
        return APIError(
            status: status, message: "There is no \(kind.withoutArticle) \"\(name.prefix(80))\"; \(list).",
            param: field, code: status == 404 ? "not_found" : nil)
    }

    /// Every name that has a file, in order.
    func names() -> [String] {
        var names: Set<String> = []
        for folder in folders {
            for entry in FolderEntry.all(in: folder) where entry.kind == .file || entry.kind == .link {
                guard let suffix = suffixes.first(where: { entry.name.hasSuffix($0) }) else { continue }
                let name = String(entry.name.dropLast(suffix.count))
                if NamedFiles.problem(withName: name) == nil, names.count < NamedFiles.maximumCount { names.insert(name) }
            }
        }
        return NaturalOrder.sorted(names)
    }

    /// Writes a file, and removes those of that name that would win over it.
    func save(_ name: String, _ bytes: [UInt8], suffix: String) throws(APIError) {
        try check(name)
        guard let folder = folders.first else {
            throw APIError(status: 403, message: "This host keeps no \(kind.withoutArticle)s.", code: "not_kept")
        }
        guard bytes.count <= maximumBytes else {
            throw APIError(
                status: 413, message: "\(kind.capitalizedArticle) has at most \(maximumBytes) bytes, not \(bytes.count).", param: field)
        }
        do {
            try PrivateFile.write(bytes, to: "\(folder)/\(name)\(suffix)", permissions: 0o644)
        } catch {
            throw notWritten(name, error)
        }
        for other in suffixes.prefix(while: { $0 != suffix }) { try remove("\(folder)/\(name)\(other)", name) }
    }

    /// Removes every file of that name.
    ///
    /// - Throws: 404 where there is none.
    func delete(_ name: String) throws(APIError) {
        guard try find(name) != nil else { throw missing(name, known: names(), status: 404) }
        for folder in folders {
            for suffix in suffixes { try remove("\(folder)/\(name)\(suffix)", name) }
        }
    }

    private func remove(_ path: String, _ name: String) throws(APIError) {
        guard FolderEntry(path) != nil else { return }
        do {
            try PrivateFile.remove(path)
        } catch {
            throw notWritten(name, error)
        }
    }

    private func notWritten(_ name: String, _ error: FileError) -> APIError {
        APIError(
            status: 500, message: "\(kind.capitalizedArticle) \"\(name)\" cannot be written: \(error.problem).", param: field,
            code: "not_written")
    }
}

extension String {
    /// `a preset` as `The preset`.
    fileprivate var capitalizedArticle: String { "The \(withoutArticle)" }

    fileprivate var withoutArticle: String { hasPrefix("an ") ? String(dropFirst(3)) : String(dropFirst(2)) }
}
