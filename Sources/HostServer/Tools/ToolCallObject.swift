import HostCore

/// Reads one call, `{"name": …, "arguments": {…}}`, character by character, so that its arguments can be sent while they
/// are written.
///
/// `parameters` and `input` stand for `arguments`, and both may lie in a member `function`, beside a `type` and an `id`. An
/// object with other members is not a call.
struct ToolCallObject: Sendable {
    enum Progress: Equatable, Sendable {
        case reading
        case finished
        /// It is some other JSON, or none.
        case notACall
    }

    private enum Place {
        case beforeObject, beforeKey, key, afterKey, beforeValue, value, afterValue
    }

    /// Everything that was read.
    private(set) var raw = ""
    /// Once it has been read whole.
    private(set) var name: String?
    private var place = Place.beforeObject
    private var key = "", value = ""
    /// Inside the present value.
    private var depth = 0
    private var isInString = false, isEscaped = false
    /// How many `function` members enclose what is read.
    private var nesting = 0
    /// The part of the arguments that was read and not yet sent.
    private var untold = ""
    private var hasArguments = false, tellsArguments = false
    /// A longer key is not one that a call has.
    private static let maximumKey = 512

    private static let argumentKeys = ["arguments", "parameters", "input"]
    private static let keys = argumentKeys + ["name", "function", "type", "id"]

    /// - Returns: whether more is expected.
    mutating func append(_ scalar: Unicode.Scalar) -> Progress {
        raw.unicodeScalars.append(scalar)
        switch place {
        case .beforeObject: return isSpace(scalar) ? .reading : step(scalar, "{", .beforeKey)
        case .beforeKey:
            if isSpace(scalar) || scalar == "," { return .reading }
            if scalar == "}" { return closed() }
            key = ""
            return step(scalar, "\"", .key)
        case .key:
            if isEscaped || scalar != "\"" {
                isEscaped = !isEscaped && scalar == "\\"
                key.unicodeScalars.append(scalar)
                return key.utf8.count > Self.maximumKey ? .notACall : .reading
            }
            place = .afterKey
            return Self.keys.contains(key) ? .reading : .notACall
        case .afterKey: return isSpace(scalar) ? .reading : step(scalar, ":", .beforeValue)
        case .beforeValue: return beginValue(scalar)
        case .value: return continueValue(scalar)
        case .afterValue:
            if isSpace(scalar) { return .reading }
            if scalar == "}" { return closed() }
            return step(scalar, ",", .beforeKey)
        }
    }

    /// Whether it is a call for sure: what follows cannot make other JSON of it.
    var isDecided: Bool { name != nil && (hasArguments || tellsArguments) }

    /// Forgets what was read; a call that has been announced does not become text any more.
    mutating func dropRaw() { raw = "" }

    /// Arguments that have been read since the last call of this, once the name is known.
    mutating func takeArguments() -> String {
        guard name != nil else { return "" }
        defer { untold = "" }
        return untold
    }

    private mutating func step(_ scalar: Unicode.Scalar, _ wanted: Unicode.Scalar, _ next: Place) -> Progress {
        guard scalar == wanted else { return .notACall }
        place = next
        return .reading
    }

    private mutating func closed() -> Progress {
        if nesting > 0 {
            nesting -= 1
            place = .afterValue
            return .reading
        }
        guard name != nil else { return .notACall }
        if !hasArguments { untold = "{}" }
        return .finished
    }

    private mutating func beginValue(_ scalar: Unicode.Scalar) -> Progress {
        if isSpace(scalar) { return .reading }
        if key == "function", scalar == "{", nesting == 0 {
            nesting += 1
            place = .beforeKey
            return .reading
        }
        (value, depth, isInString, isEscaped) = ("", 0, false, false)
        let isArguments = Self.argumentKeys.contains(key) && !hasArguments
        // Arguments within a string are sent when they are complete; null stands for none.
        tellsArguments = isArguments && scalar == "{"
        place = .value
        return continueValue(scalar)
    }

    private mutating func continueValue(_ scalar: Unicode.Scalar) -> Progress {
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else if scalar == "\"" {
                isInString = false
            }
            return take(scalar, ends: !isInString && depth == 0)
        }
        switch scalar {
        case "\"":
            isInString = true
            return take(scalar, ends: false)
        case "{", "[":
            depth += 1
            return take(scalar, ends: false)
        case "}" where depth == 0, ",":
            guard depth == 0 else { return take(scalar, ends: false) }
            // A number or a word ends where the object goes on.
            let progress = endValue()
            if progress != .reading { return progress }
            if scalar == "}" { return closed() }
            place = .beforeKey
            return .reading
        case "}", "]":
            depth -= 1
            return depth < 0 ? .notACall : take(scalar, ends: depth == 0)
        default: return take(scalar, ends: false)
        }
    }

    private mutating func take(_ scalar: Unicode.Scalar, ends: Bool) -> Progress {
        if tellsArguments { untold.unicodeScalars.append(scalar) } else { value.unicodeScalars.append(scalar) }
        return ends ? endValue() : .reading
    }

    private mutating func endValue() -> Progress {
        place = .afterValue
        if tellsArguments {
            (hasArguments, tellsArguments) = (true, false)
        } else if key == "name" || key == "function" {
            guard let text = try? JSONValue(parsing: value).stringValue else { return .notACall }
            name = name ?? text
        } else if Self.argumentKeys.contains(key), !hasArguments {
            guard let found = try? JSONValue(parsing: value), let text = found.isNull ? "{}" : found.stringValue else {
                return .notACall
            }
            (hasArguments, untold) = (true, text)
        }
        return .reading
    }

    private func isSpace(_ scalar: Unicode.Scalar) -> Bool { " \n\r\t".unicodeScalars.contains(scalar) }
}
