/// Whether a text can be the name of something below the model folder.
enum ModelName {
    static let maximumBytes = 512

    /// Refuses names that could lead out of the model folder, before anything looks at the file system.
    static func check(_ name: String, field: String) throws(APIError) {
        let reason: String? =
            if name.isEmpty { "must not be empty" }
            else if name.utf8.count > maximumBytes { "is longer than \(maximumBytes) bytes" }
            else if name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
                "contains control characters"
            } else if name.contains("\\") || isDrive(name) { "must be a path with '/' below the model folder" }
            else if name.split(separator: "/", omittingEmptySubsequences: false)
                .contains(where: { $0.isEmpty || $0 == "." || $0 == ".." })
            { "must be a plain path below the model folder, without '.', '..' or a leading '/'" } else { nil }
        if let reason { throw APIError.invalid(field, "\(field) \(reason).") }
    }

    private static func isDrive(_ name: String) -> Bool {
        let head = name.utf8.prefix(2)
        return head.count == 2 && head.last == UInt8(ascii: ":") && (0x61...0x7A).contains(head.first.map { $0 | 0x20 } ?? 0)
    }
}
