"""A whole stage group in one folder: one stage, its gate and its promotion (test_new_group)."""
