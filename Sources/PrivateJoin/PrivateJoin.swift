import SandboxCore

/// Two parties join files on keys that they do not show each other.
public enum PrivateJoin {}
