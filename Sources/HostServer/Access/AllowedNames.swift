import HostCore
import HostHTTP

/// An entry of `--allowed-hosts` or `--allowed-origins` that no request could ever match.
package struct AllowedNameError: HostError, Equatable {
    package let subject: String
    package let problem: String
    package let advice: String?
}

/// A list of names as people write it, brought into the form in which browsers send them.
package struct AllowedNames: Equatable, Sendable {
    package private(set) var names: [String] = []
    /// What was left out of an entry, worded for the user.
    package private(set) var warnings: [String] = []

    /// Host names; a scheme, a port or a path around one is left out.
    package static func hosts(_ entries: [String]) throws(AllowedNameError) -> AllowedNames {
        var list = AllowedNames()
        for entry in entries {
            let authority = parts(of: entry).authority
            let isBareIPv6 = !authority.hasPrefix("[") && NetworkName.isAddress("[\(authority)]")
            let name = isBareIPv6 ? "[\(authority)]" : LoopbackName.hostName(ofHeader: authority)
            guard let name, NetworkName.isAddress(name) || isName(name) else {
                throw AllowedNameError(
                    subject: "allowed-hosts", problem: "\"\(entry)\" is not the name of a host",
                    advice: "Write each name as the address line of a browser has it, such as box.example.org "
                        + "(beyond ASCII as xn--…); there are no wildcards")
            }
            if !isBareIPv6, entry.lowercased() != name, entry.lowercased() != name + "." {
                list.warnings.append("allowed-hosts: only names are compared, so \"\(entry)\" is read as \"\(name)\"")
            }
            list.names.append(name)
        }
        return list
    }

    /// Web origins; a path behind one, if only `/`, and a scheme's own port are left out. `*` and `null` stay as they are.
    package static func origins(_ entries: [String]) throws(AllowedNameError) -> AllowedNames {
        var list = AllowedNames()
        for entry in entries {
            let origin = try origin(entry)
            if entry.lowercased() != origin {
                list.warnings.append(
                    "allowed-origins: browsers send no path and no usual port, so \"\(entry)\" is read as \"\(origin)\"")
            }
            list.names.append(origin)
        }
        return list
    }

    private static func origin(_ entry: String) throws(AllowedNameError) -> String {
        if ["*", "null"].contains(entry.lowercased()) { return entry.lowercased() }
        let (scheme, authority) = parts(of: entry)
        guard let scheme else {
            throw AllowedNameError(
                subject: "allowed-origins", problem: "\"\(entry)\" has no scheme, and an origin without one is never sent",
                advice: "Write https://\(authority) or http://\(authority)")
        }
        if scheme == "file" { return "file://" }
        let isWeb = scheme == "http" || scheme == "https"
        let name = LoopbackName.hostName(ofHeader: authority)
        guard scheme.firstMatch(of: /^[a-z][a-z0-9+.-]*$/) != nil, let name, NetworkName.isAddress(name) || isName(name)
        else {
            throw AllowedNameError(
                subject: "allowed-origins", problem: "\"\(entry)\" is not an origin that a browser could send",
                advice: "Write scheme, name and port as in https://chat.example:8443, * for every origin, or null; "
                    + "there are no other wildcards")
        }
        let usualPort = scheme == "http" ? ":80" : ":443"
        let isUsual = isWeb && authority.hasSuffix(usualPort)
        return "\(scheme)://\(isUsual ? String(authority.dropLast(usualPort.count)) : authority)"
    }

    /// Scheme and authority of something like a URL, in lower case.
    private static func parts(of entry: String) -> (scheme: String?, authority: String) {
        var text = entry.lowercased()[...]
        var scheme: String?
        if let mark = text.firstRange(of: "://") {
            scheme = String(text[..<mark.lowerBound])
            text = text[mark.upperBound...]
        }
        return (scheme, String(text.prefix { !"/?#".contains($0) }))
    }

    private static func isName(_ name: String) -> Bool {
        name.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || "-_.".utf8.contains(byte)
        }
    }
}
