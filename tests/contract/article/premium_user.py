class PremiumUser(User):
    __tablename__ = 'premium_users'
    id = Column(Integer, primary_key=True)
    # ... other premium features
    __mapper_args__ = {
        'polymorphic_identity': 'premium_user',
    }
