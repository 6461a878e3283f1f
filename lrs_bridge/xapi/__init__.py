"""The standard: what xAPI 1.0.3 and 2.0.0 (IEEE 9274.1.1) say, as pure functions on plain dicts.

documents     bytes → JSON values, strictly, keeping the very text that was sent
versions      which edition a request is judged by
validity      one statement → every problem it has, each naming its rule
agents        actors ↔ the one identifier that tells who is meant
equivalence   are two statements with one id the same statement?
queries       the parameters of GET /statements
document_queries  the parameters and the merging of state and profile documents; preconditions: If-Match, If-None-Match
lookups       agents, activities and about
parameters    how each kind of parameter is read; forms: query strings and forms
alternate_syntax  a request written as a form
rules         the table of requirements that all of these name

No I/O and no clock in here.
"""
