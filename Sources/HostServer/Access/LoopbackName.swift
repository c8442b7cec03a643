/// Names and addresses of this very machine.
package enum LoopbackName {
    /// Whether a host name, without port and without a dot at its end, is a loopback one; IPv6 addresses with or without brackets.
    package static func isLoopback(_ host: String) -> Bool {
        let name = host.lowercased()
        if ["localhost", "::1", "[::1]"].contains(name) { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// A `Host` header's name as names are compared: without its port and the dot that may end it, in lower case. Nil when
    /// the header does not have the form `name[:port]`.
    static func hostName(ofHeader value: String) -> String? {
        var name = Substring(value)
        if name.hasPrefix("[") {
            guard let end = name.firstIndex(of: "]") else { return nil }
            let rest = name[name.index(after: end)...]
            guard rest.isEmpty || isPort(rest) else { return nil }
            return name[...end].lowercased()
        }
        if let colon = name.firstIndex(of: ":") {
            guard isPort(name[colon...]) else { return nil }
            name = name[..<colon]
        }
        // One dot at the end only says that the name is complete.
        if name.hasSuffix(".") { name = name.dropLast() }
        return name.isEmpty ? nil : name.lowercased()
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.first == ":" && text.count <= 6 && text.dropFirst().allSatisfy { ("0"..."9").contains($0) }
    }
}
