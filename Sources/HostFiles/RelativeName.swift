/// Names of things below a folder, as requests and files bring them.
package enum RelativeName {
    private static let longestName = 512

    /// Why a text cannot be the name of anything below the model folder; nil where it can. Nothing is looked up.
    ///
    /// Refuses what could lead out of the folder, and what begins with a dot, which the folder keeps for itself.
    package static func problem(_ name: String) -> String? {
        let head = Array(name.utf8.prefix(2))
        let isDrive = head.count == 2 && head[1] == UInt8(ascii: ":") && (0x61...0x7A).contains(head[0] | 0x20)
        if name.isEmpty { return "must not be empty" }
        if name.utf8.count > longestName { return "is longer than \(longestName) bytes" }
        if OnePartName.hasControls(name) { return "contains control characters" }
        if name.contains("\\") || isDrive { return "must be a path with '/' below the model folder" }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return parts.contains { $0.isEmpty || $0.hasPrefix(".") }
            ? "must be a plain path below the model folder, without a leading '/' and parts that begin with '.'" : nil
    }
}
