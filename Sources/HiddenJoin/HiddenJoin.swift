/// Joins two sets of keyed rows so that neither party learns which rows match: membership and payload end as shares.
public enum HiddenJoin {}
