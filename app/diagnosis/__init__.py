"""The checks of the doctor: each looks at one thing and says what it found as lines for people.

They change nothing, and none waits for long. What they ask of Google Cloud Storage is asked by
`app.stores.gcs_examination`.
"""
